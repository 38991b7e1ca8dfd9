"""Where the HTTP collector runs, who may send to it, and how much."""

import re
from dataclasses import dataclass, fields
from typing import Final, Literal

from contract.errors import ConfigurationError
from contract.write_keys import parse_write_keys

Entry = Literal["lambda", "fargate", "none"]

_REPOSITORY: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{1,255}:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[a-z0-9-]+")
_ORIGIN: Final = re.compile(r"\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?")

_OF_ONE_ENTRY: Final = {
    **dict.fromkeys(("jwt_issuer", "jwt_audience", "requests_per_second"), "lambda"),
    **dict.fromkeys(("image", "certificate_arn", "tasks", "spool"), "fargate"),
}
"""Settings that the other entry has no use for."""

WRITE_KEYS: Final = "collector-write-keys"
"""The parameter of SSM with the hashes of the write keys."""


@dataclass(frozen=True, kw_only=True)
class CollectorConfig:
    """Settings of the collector. `entry`: a function behind an HTTP API, containers behind a load balancer, or none.

    `write_keys`: None has the hashes of the keys read from the stage's SSM parameter `collector-write-keys`, which is
    put there by hand; a text has that text put into the environment, and so into the templates: hashes, never keys.
    Either is what `contract.write_keys` reads. A setting that the entry has no use for is refused.
    """

    entry: Entry = "lambda"
    write_keys: str | None = None
    origins: str = ""  # that browsers may send from, with commas between; * for any
    truncate_ip: bool = False  # keep the visitor's network, the address without its last part
    parse_user_agent: bool = False
    jwt_issuer: str = ""  # of an OpenID provider; none: write keys alone
    jwt_audience: str = ""
    requests_per_second: int = 1_000  # beyond it the HTTP API answers 429
    image: str = ""  # repository:tag of this account's ECR, for containers
    certificate_arn: str = ""  # of ACM, for containers
    tasks: tuple[int, int] = (2, 10)  # containers at least and at most
    spool: bool = True  # containers answer once an event lies on the task's disk; else once the stream has it

    def __post_init__(self) -> None:
        if bool(self.jwt_issuer) != bool(self.jwt_audience):
            raise ValueError("collector jwt_issuer, jwt_audience: both or none")
        if self.jwt_issuer and not self.jwt_issuer.startswith("https://"):
            raise ValueError("collector jwt_issuer: an https:// address")
        if bad := [each for each in self.origins.split(",") if each and not _ORIGIN.fullmatch(each)]:
            raise ValueError(f"collector origins: {bad[0]!r} is no origin as https://shop.example is")
        if self.write_keys is not None:
            _refuse_what_is_no_key(self.write_keys)
        if self.requests_per_second < 1 or not 1 <= self.tasks[0] <= self.tasks[1]:
            raise ValueError("collector requests_per_second, tasks: at least 1, and no fewer at most than at least")
        if self.entry == "fargate":
            self._require_containers()
        if ignored := [name for name in self._changed() if not self._heeds(name)]:
            raise ValueError(f"collector {', '.join(ignored)}: of no use to entry {self.entry!r}")

    def _changed(self) -> list[str]:
        """Settings that are not the usual."""
        return [f.name for f in fields(self) if f.name != "entry" and getattr(self, f.name) != f.default]

    def _heeds(self, setting: str) -> bool:
        return self.entry != "none" and _OF_ONE_ENTRY.get(setting, self.entry) == self.entry

    def _require_containers(self) -> None:
        if self.jwt_issuer:
            raise ValueError("collector jwt_issuer: containers have no way out to an issuer; tokens take the function")
        if not _REPOSITORY.fullmatch(self.image):
            raise ValueError("collector image: containers take repository:tag of this account's ECR")
        if not _CERTIFICATE.fullmatch(self.certificate_arn):
            raise ValueError("collector certificate_arn: events hold personal data, so containers take TLS of ACM's")

    @property
    def repository(self) -> str:
        """The ECR repository of the image."""
        return self.image.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The tag of the image."""
        return self.image.rpartition(":")[2]


def _refuse_what_is_no_key(write_keys: str) -> None:
    try:
        keys = parse_write_keys(write_keys)
    except ConfigurationError as error:
        raise ValueError(f"collector write_keys: {error}") from error
    if not keys:
        raise ValueError('collector write_keys: an array as [{"name": "web", "sha256": "<64 hex digits>"}]')
