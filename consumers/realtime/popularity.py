"""How popular items are now: each event weighs 1 when it happens and half of that a half-life later.

Weights are kept as of one instant, `landmark`. To move it multiplies all of them alike, so weights of shards and
batches add up and their order does not matter (Cormode et al., "Forward Decay", ICDE 2009).
"""

from __future__ import annotations

import gzip
import heapq
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HALF_LIVES = {"hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}  # seconds
KEPT = 200
_NOTHING = 1e-9  # a weight this small changes no order
_DIGITS = 9

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Popularity:
    """`windows`: item -> weight, by name of the half-life. A weight counts what happened until now as of `landmark`."""

    landmark: int = 0  # epoch seconds
    windows: Mapping[str, Weights] = field(default_factory=lambda: {name: {} for name in HALF_LIVES})

    def with_events(self, events: Iterable[tuple[str, float]]) -> Popularity:
        """With (item, epoch seconds) of events, of any times in any order."""
        found = list(events)
        if not found:
            return self
        landmark = max(self.landmark, math.ceil(max(at for _, at in found)))
        windows = {
            name: _added(_moved(self.windows[name], landmark - self.landmark, half_life), found, landmark, half_life)
            for name, half_life in HALF_LIVES.items()
        }
        return Popularity(landmark=landmark, windows=windows)


def encode_popularity(popularity: Popularity) -> bytes:
    """`windows` as gzip JSON, the same bytes for the same weights."""
    rounded = {
        name: {item: float(f"{weight:.{_DIGITS}g}") for item, weight in sorted(weights.items())}
        for name, weights in popularity.windows.items()
    }
    return gzip.compress(json.dumps(rounded, separators=(",", ":")).encode(), mtime=0)


def decode_popularity(landmark: int, windows: bytes) -> Popularity:
    return Popularity(landmark=landmark, windows=json.loads(gzip.decompress(windows)))


def _moved(weights: Weights, seconds: int, half_life: float) -> dict[str, float]:
    factor = 0.5 ** (seconds / half_life)
    return {item: weight * factor for item, weight in weights.items() if weight * factor > _NOTHING}


def _added(
    weights: dict[str, float], events: Iterable[tuple[str, float]], landmark: int, half_life: float
) -> dict[str, float]:
    # An item that is not among the kept ones begins at the lightest of them, the most that it can have had before:
    # else one that rises slowly would be cut off at every batch (Metwally et al., "Space-Saving", ICDT 2005).
    floor = min(weights.values()) if len(weights) >= KEPT else 0.0
    for item, at in events:
        weight = 0.5 ** ((landmark - at) / half_life)
        if weight > _NOTHING:
            weights[item] = weights.get(item, floor) + weight
    if len(weights) <= KEPT:
        return weights
    return dict(heapq.nlargest(KEPT, weights.items(), key=lambda pair: (pair[1], pair[0])))
