"""The names of things: ARNs of the caller's resources and of those that Personalize owns."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

OWNED: Final = "arn:aws:personalize:::"  # recipes, algorithms, feature transformations


@dataclass(frozen=True, kw_only=True)
class Arns:
    """Of one account in one region."""

    region: str = "us-east-1"
    account: str = "000000000000"

    def of(self, kind: str, *names: str) -> str:
        """`of("solution", "movies", "1a2b3c4d")` is a solution version's."""
        return f"arn:aws:personalize:{self.region}:{self.account}:{'/'.join((kind, *names))}"


def recipe_arn(name: str) -> str:
    return f"{OWNED}recipe/{name}"


def recipe_name(arn: str) -> str:
    """What stands behind `recipe/`; the whole text where it is no recipe's ARN."""
    return arn.removeprefix(f"{OWNED}recipe/")


def short_id() -> str:
    """Eight hexadecimal digits, as solution versions and trackers have them."""
    return uuid.uuid4().hex[:8]
