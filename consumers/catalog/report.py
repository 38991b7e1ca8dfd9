"""What one batch came to: the values of its log line and of its metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, get_args

from contract.ledger import DEDUPLICATED, DELIVERED, EXCLUDED, QUARANTINED

SUPERSEDED: Final = f"{EXCLUDED}:superseded"
USER_DELETED: Final = f"{EXCLUDED}:user_deleted"  # no call of Personalize deletes one user; the next FULL files do

Metric = Literal[
    "changes_delivered",
    "changes_deduplicated",
    "changes_quarantined",
    "changes_excluded",
    "changes_given_back",
    "put_calls",
    "put_throttles",
]


@dataclass(slots=True, kw_only=True)
class Report:
    """Every message has one outcome, or was given back to the queue."""

    messages: int
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: int = 0  # by Personalize, of the quarantined ones
    calls: int = 0
    throttles: int = 0
    given_back: dict[str, str] = field(default_factory=dict)  # message -> why

    def give_back(self, messages: Sequence[str], why: str) -> None:
        self.given_back |= dict.fromkeys(messages, why)

    def count(self, outcome: str) -> int:
        """Messages of an outcome; "excluded" adds its reasons up."""
        return sum(count for name, count in self.outcomes.items() if name.partition(":")[0] == outcome)

    def metrics(self) -> Mapping[Metric, int]:
        values: dict[Metric, int] = {
            "changes_delivered": self.count(DELIVERED),
            "changes_deduplicated": self.count(DEDUPLICATED),
            "changes_quarantined": self.count(QUARANTINED),
            "changes_excluded": self.count(EXCLUDED),
            "changes_given_back": len(self.given_back),
            "put_calls": self.calls,
            "put_throttles": self.throttles,
        }
        assert list(values) == list(get_args(Metric))  # noqa: S101 - dashboards know these names
        return values


class Metrics(Protocol):
    def emit(self, values: Mapping[Metric, int], now: datetime) -> None: ...
