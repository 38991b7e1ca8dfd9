"""The metrics of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from consumers.emf import EmfMetrics
from consumers.realtime.report import Report

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


@dataclass(frozen=True, slots=True)
class EmfReports:
    """Each report as a line of metrics."""

    emf: EmfMetrics

    def emit(self, report: Report, now: datetime) -> None:
        self.emf.emit(metrics_of(report, now), now)


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
