"""Latencies of any number of requests in little memory: counts in buckets a hundredth wide."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

_STEP: Final = math.log(1.01)
_LEAST: Final = 1e-6  # seconds; what is below counts as this


class Latencies:
    """Percentiles are the upper edge of their bucket: at most one per cent too long, never too short."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self.longest = 0.0

    def __len__(self) -> int:
        return self._counts.total()

    def add(self, seconds: float, times: int = 1) -> None:
        """So many took so long."""
        self._counts[max(0, math.ceil(math.log(max(seconds, _LEAST) / _LEAST) / _STEP - 1e-9))] += times
        self.longest = max(self.longest, seconds)

    def percentile(self, share: float) -> float | None:
        """The time within which this share was done, in seconds; None of nothing."""
        wanted, seen = math.ceil(len(self) * share - 1e-9), 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_LEAST * math.exp(bucket * _STEP), self.longest)
        return None
