"""Calls a second, kept by all threads of a process together."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from consumers.clock import Clock

BURST_SECONDS = 0.5


@dataclass(slots=True)
class TokenBucket:
    """At most `rate` calls a second, after a pause half a second's worth of them at once."""

    rate: float
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _next: float = field(default=float("-inf"), init=False)  # when the next call may be made, had there been no pause

    def take(self, *, until: float) -> bool:
        """Wait for one call's turn. False, at once, where it does not come before `until` of the monotonic clock."""
        with self._lock:
            now = self.clock.monotonic()
            turn = max(self._next, now - BURST_SECONDS)
            if max(turn, now) > until:
                return False
            self._next = turn + 1 / self.rate
        if turn > now:
            self.clock.sleep(turn - now)
        return True
