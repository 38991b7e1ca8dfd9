"""What a producer counts, and two forms in which others read it: Prometheus' text and CloudWatch's embedded metrics."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds."""

_PREFIX = "clickstream_producer"
_NAMESPACE = "Clickstream/Producer"
_GAUGES = {
    "held_bytes": "Bytes that wait in memory, calls under way included.",
    "held_events": "Events that wait for their acknowledgement.",
    "spool_bytes": "Bytes on disk that are not on the stream yet.",
    "spool_frames": "Batches on disk that are not on the stream yet.",
    "spool_seconds": "Age of the oldest batch on disk, in seconds.",
}
_COUNTERS = {
    "sent": "Events that took a number.",
    "accepted": "Events that were acknowledged, or withdrawn, without a gap before them.",
    "delivered": "Lines that the stream has, checkpoints included.",
    "withdrawn": "Events that were given up; their receipts failed.",
    "dropped": "Events that were not taken because memory was full.",
    "retried": "Records that were put again.",
    "throttled": "Records that a shard had no room for.",
    "repeated": "Lines sent again because their aggregate went to another shard than was meant.",
    "bytes": "Bytes of the records that the stream has.",
}
_HISTOGRAMS = {"put_seconds": "Seconds of a call.", "acknowledge_seconds": "Seconds until a batch is acknowledged."}


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many were up to each of BOUNDS and beyond, and their sum."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    total: float = 0.0


class Histogram:
    """Durations in seconds."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._total += seconds

    def read(self) -> Distribution:
        return Distribution(tuple(self._counts), self._total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Counters since the producer began, and what is held now."""

    producer_id: str
    sent: int = 0
    accepted: int = 0
    delivered: int = 0
    withdrawn: int = 0
    dropped: int = 0
    retried: int = 0
    throttled: int = 0
    repeated: int = 0
    bytes: int = 0
    held_bytes: int = 0
    held_events: int = 0
    spool_bytes: int = 0
    spool_frames: int = 0
    spool_seconds: float = 0.0
    put_seconds: Distribution = field(default_factory=Distribution)
    acknowledge_seconds: Distribution = field(default_factory=Distribution)


def prometheus(snapshot: Snapshot) -> str:
    """The text format, version 0.0.4. A producer_id is as new as its process: it is no label."""
    return "".join(f"{line}\n" for line in _lines(snapshot))


def emf(snapshot: Snapshot, *, at_ms: int) -> str:
    """One line for CloudWatch Logs, which makes metrics of it. Counters are since the producer began."""
    names = [*_COUNTERS, *_GAUGES]
    metrics = [{"Name": name, "Unit": _unit(name)} for name in names]
    durations = {name: _values(getattr(snapshot, name)) for name in _HISTOGRAMS}
    metrics += [{"Name": name, "Unit": "Seconds"} for name, values in durations.items() if values["Values"]]
    directive = {"Namespace": _NAMESPACE, "Dimensions": [[]], "Metrics": metrics}
    numbers = {name: value for name, value in asdict(snapshot).items() if name in names}
    filled = {name: values for name, values in durations.items() if values["Values"]}
    return json.dumps(
        {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, "producer_id": snapshot.producer_id}
        | numbers
        | filled
    )


def _lines(snapshot: Snapshot) -> Iterator[str]:
    for name, help_text in _COUNTERS.items():
        yield f"# HELP {_PREFIX}_{name}_total {help_text}"
        yield f"# TYPE {_PREFIX}_{name}_total counter"
        yield f"{_PREFIX}_{name}_total {getattr(snapshot, name)}"
    for name, help_text in _GAUGES.items():
        yield f"# HELP {_PREFIX}_{name} {help_text}"
        yield f"# TYPE {_PREFIX}_{name} gauge"
        yield f"{_PREFIX}_{name} {getattr(snapshot, name)}"
    for name, help_text in _HISTOGRAMS.items():
        yield f"# HELP {_PREFIX}_{name} {help_text}"
        yield f"# TYPE {_PREFIX}_{name} histogram"
        yield from _buckets(f"{_PREFIX}_{name}", getattr(snapshot, name))


def _buckets(name: str, found: Distribution) -> Iterator[str]:
    below = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), found.counts, strict=True):
        below += count
        yield f'{name}_bucket{{le="{bound}"}} {below}'
    yield f"{name}_sum {found.total}"
    yield f"{name}_count {below}"


def _values(found: Distribution) -> dict[str, list[float]]:
    """Each bucket by its upper bound; what is beyond the last as twice that."""
    pairs = [(v, n) for v, n in zip((*BOUNDS, 2 * BOUNDS[-1]), found.counts, strict=True) if n]
    return {"Values": [value for value, _ in pairs], "Counts": [count for _, count in pairs]}


def _unit(name: str) -> str:
    if name.endswith("bytes"):
        return "Bytes"
    return "Seconds" if name.endswith("seconds") else "Count"
