"""Names of what the reconciler makes, and the ARNs that follow from them: a name says what was done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from contract.errors import ConfigurationError

MAX_NAME: Final = 63  # API model, Name
_LARGEST_NUMBER: Final = 10**10 - 1  # of a publication
_HASHED: Final = 8  # hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of one deployment in one account and region."""

    deployment: str
    region: str
    account: str
    partition: str = "aws"

    def __post_init__(self) -> None:
        longest = self.import_job("interactions", _LARGEST_NUMBER, "incremental", 9)
        if len(longest) > MAX_NAME:
            raise ConfigurationError(
                f"deployment {self.deployment!r} is too long: {longest} has over {MAX_NAME} letters"
            )

    def arn(self, kind: str, *names: str) -> str:
        return f"arn:{self.partition}:personalize:{self.region}:{self.account}:{'/'.join((kind, *names))}"

    def recipe(self, name: str) -> str:
        return f"arn:{self.partition}:personalize:::recipe/{name}"

    def of(self, part: str) -> str:
        """The name of a part of the deployment."""
        return f"{self.deployment}-{part}"

    def hashed(self, part: str, content: str) -> str:
        """For what cannot be changed once made: another content, another name."""
        return self.of(f"{part}-{hashlib.sha256(content.encode()).hexdigest()[:_HASHED]}")

    @property
    def group_arn(self) -> str:
        return self.arn("dataset-group", self.deployment)

    def dataset_arn(self, dataset: str) -> str:
        return self.arn("dataset", self.deployment, dataset.upper())

    def import_job(self, dataset: str, number: int, mode: str, attempt: int) -> str:
        """`mode` as manifests and Personalize have it, in either case."""
        return self.of(f"{dataset}-{number}-{mode.lower()}-{attempt}")


def names_for(role_arn: str, *, deployment: str, region: str) -> Names:
    """Account and partition are those of the role that Personalize takes on. Raises `ConfigurationError`."""
    match role_arn.split(":"):
        case ["arn", partition, "iam", "", account, _]:
            return Names(deployment=deployment, region=region, account=account, partition=partition)
    raise ConfigurationError(f"{role_arn!r} is not the ARN of a role")
