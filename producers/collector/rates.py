"""How many events each sender may send: a token bucket a sender, filled by time."""

from __future__ import annotations

import math

BURST_SECONDS = 10


class Bucket:
    """Lets `rate` events a second through, and `burst` at once after a silence.

    A request is let through while anything is left, and may overdraw it: so a batch of any size has its turn.
    """

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst or max(1.0, rate * BURST_SECONDS)
        self._left = float(self._burst)
        self._at = now

    def wait(self, now: float) -> int:
        """Whole seconds until a request may come; 0: now."""
        self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)
        return 0 if self._left > 0 else max(1, math.ceil((1e-9 - self._left) / self._rate))

    def take(self, events: int) -> None:
        """That many came; call after `wait` said 0."""
        self._left -= events
