"""What became of a load so far: counts of events, and how late each was acknowledged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from operations.send.latencies import Latencies

PERCENTILES: Final = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a target said of a request: events acknowledged, events refused for what they are, or why none was taken."""

    accepted: int = 0
    rejected: int = 0
    failure: str = ""


@dataclass(slots=True)
class Tally:
    """`latencies`: from when a request fell due to its acknowledgement, an entry an event.

    So a target that stalls is charged for all that fell due meanwhile, not for the one request that met it.
    `sending`: of the call alone, which with the SDK is what the caller's thread pays.
    """

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    latencies: Latencies = field(default_factory=Latencies)
    sending: Latencies = field(default_factory=Latencies)
    latest_start: float = 0.0

    @property
    def waiting(self) -> int:
        """Events whose answer is still to come."""
        return self.sent - self.accepted - self.rejected - self.failed

    def started(self, events: int, *, late: float) -> None:
        """A request went out, so many seconds after it fell due."""
        self.sent += events
        self.latest_start = max(self.latest_start, late)

    def answered(self, events: int, answer: Answer, *, seconds: float) -> None:
        """A request was answered, so many seconds after it fell due. A failed one has no latency: it has no end."""
        if answer.failure:
            self.failed += events
            self.failures[answer.failure] += events
            return
        self.accepted += answer.accepted
        self.rejected += answer.rejected
        self.latencies.add(seconds, events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A load and what became of it; `seconds`: from the start to the last answer."""

    target: str
    offered: int
    rate: float
    batch: int
    seconds: float
    tally: Tally

    @property
    def unsent(self) -> int:
        """Events that fell due and were not sent before patience ended."""
        return self.offered - self.tally.sent

    @property
    def kept_up(self) -> bool:
        """Whether all that was offered was sent and answered with a verdict."""
        return self.unsent == 0 and self.tally.failed == 0 and self.tally.waiting == 0

    def as_data(self) -> dict[str, Any]:
        """For programs; times in milliseconds."""
        tally = self.tally
        counts = {name: getattr(tally, name) for name in ("sent", "accepted", "rejected", "failed", "waiting")}
        return {
            "target": self.target,
            "offered": {"events": self.offered, "rate": self.rate, "batch": self.batch},
            "seconds": round(self.seconds, 3),
            "events_per_second": round((tally.accepted + tally.rejected) / self.seconds, 1) if self.seconds else 0.0,
            **counts,
            "unsent": self.unsent,
            "failures": dict(tally.failures),
            "started_late_ms_max": _ms(tally.latest_start),
            "latency_from_due_ms": percentiles_ms(tally.latencies),
            "call_ms": percentiles_ms(tally.sending),
        }


def percentiles_ms(latencies: Latencies) -> dict[str, float | None]:
    """By name: p50 to p99.9, and the longest."""
    found = {f"p{share * 100:g}": _ms(latencies.percentile(share)) for share in PERCENTILES}
    return {**found, "max": _ms(latencies.longest) if len(latencies) else None}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1_000, 3)
