"""What one invocation came to: the values of its log line and of its metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from contract.codec import Event
from contract.times import epoch_ms, parse_instant


@dataclass(slots=True, kw_only=True)
class Report:
    """Grows chunk by chunk."""

    shard: str
    records: int
    skipped: int = 0  # lines at or below the watermark
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # of the quarantined ones
    put_events_calls: int = 0
    throttles: int = 0
    event_to_put_events_ms: list[int] = field(default_factory=list)
    newest_event_ms: int | None = None  # epoch
    given_back: int | None = None  # sequence number of the record from which on nothing is settled
    why: str | None = None

    def lag_ms(self, now: datetime) -> int | None:
        """Age of the newest event."""
        return None if self.newest_event_ms is None else epoch_ms(now) - self.newest_event_ms

    def facts(self, now: datetime) -> dict[str, Any]:
        """For the log: no ids of anybody, no message that may repeat one."""
        return {
            "shard": self.shard,
            "records": self.records,
            "lines": self.outcomes.total(),
            "skipped": self.skipped,
            "outcomes": dict(self.outcomes),
            "reasons": dict(self.reasons),
            "put_events_calls": self.put_events_calls,
            "throttles": self.throttles,
            "lag_ms": self.lag_ms(now),
            "given_back": None if self.given_back is None else str(self.given_back),
            "why": self.why,
        }

    def has_read(self, event: Event) -> None:
        self.newest_event_ms = max(self.newest_event_ms or 0, known_at_ms(event))


class Metrics(Protocol):
    def emit(self, report: Report, now: datetime, /) -> None: ...


def known_at_ms(event: Event) -> int:
    """When the collector took the event, else when it occurred: from here on the way is ours. Epoch milliseconds."""
    return epoch_ms(parse_instant(event.received_at or event.occurred_at))
