"""What warming asks of the world, and what it says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from consumers.warming.active_users import Seen

Metric = Literal["users_warmed", "users_refused", "warming_throttles"]


class Refused(Exception):
    """Personalize has no recommendations for this user; its message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    items: tuple[str, ...]  # the best first
    recommendation_id: str


class Personalize(Protocol):
    def recommended(self, campaign: str, user_id: str, *, filter_arn: str | None) -> Recommended:
        """Raises `Refused`, or `TransientError`."""
        ...


class Features(Protocol):
    """Every call raises `TransientError` while the store is busy."""

    def users(self) -> Iterable[Sequence[Seen]]:
        """All users, page by page."""
        ...

    def keep(self, user_id: str, item: Mapping[str, Any]) -> None:
        """Recommendations of this user, in the place of earlier ones."""
        ...


@dataclass(slots=True, kw_only=True)
class Report:
    """Users by what became of them."""

    warmed: int = 0
    refused: int = 0
    why_refused: str = ""  # the last one; names nobody
    throttles: int = 0

    def metrics(self) -> Mapping[Metric, int]:
        return {"users_warmed": self.warmed, "users_refused": self.refused, "warming_throttles": self.throttles}


class Metrics(Protocol):
    def emit(self, values: Mapping[Metric, int], now: datetime) -> None: ...
