"""Metrics as lines of CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TextIO, get_args

from consumers.realtime.report import Report
from contract.times import epoch_ms

NAMESPACE: Final = "Clickstream"
MAX_VALUES: Final = 100  # of one metric in one line

Metric = Literal[
    "lines_delivered",
    "lines_quarantined",
    "lines_excluded",
    "lines_skipped",
    "put_events_calls",
    "put_events_throttles",
    "batches_given_back",
    "lag_ms",
    "event_to_put_events_ms",
]
_IN_MS: Final = frozenset({"lag_ms", "event_to_put_events_ms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmfMetrics:
    """CloudWatch reads them from the function's log."""

    out: TextIO
    function: str
    stage: str

    def emit(self, report: Report, now: datetime) -> None:
        values = metrics_of(report, now)
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [["Function", "Stage"]],
            "Metrics": [{"Name": n, "Unit": "Milliseconds" if n in _IN_MS else "Count"} for n in values],
        }
        line: dict[str, Any] = {
            "_aws": {"Timestamp": epoch_ms(now), "CloudWatchMetrics": [directive]},
            "Function": self.function,
            "Stage": self.stage,
            **values,
        }
        self.out.write(json.dumps(line, separators=(",", ":")) + "\n")


def metrics_of(report: Report, now: datetime) -> dict[str, int | list[int]]:
    """By name; one that has no value is left out."""
    lag = report.lag_ms(now)
    values: dict[Metric, int | list[int] | None] = {
        "lines_delivered": _count(report, "delivered"),
        "lines_quarantined": _count(report, "quarantined"),
        "lines_excluded": _count(report, "excluded"),
        "lines_skipped": report.skipped,
        "put_events_calls": report.put_events_calls,
        "put_events_throttles": report.throttles,
        "batches_given_back": int(report.given_back is not None),
        "lag_ms": lag,
        "event_to_put_events_ms": quantiles(report.event_to_put_events_ms) or None,
    }
    assert list(values) == list(get_args(Metric))  # noqa: S101 - dashboards know these names
    return {name: value for name, value in values.items() if value is not None}


def quantiles(values: Sequence[int]) -> list[int]:
    """At most a hundred values of about the same distribution; the largest is among them."""
    ordered = sorted(values)
    count = min(len(ordered), MAX_VALUES)
    return [ordered[-(-(number + 1) * len(ordered) // count) - 1] for number in range(count)]


def _count(report: Report, outcome: str) -> int:
    return sum(count for name, count in report.outcomes.items() if name.partition(":")[0] == outcome)
