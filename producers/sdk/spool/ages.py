"""How old the oldest frame is, to a second, at the price of one pair of numbers a second."""

from __future__ import annotations

from collections import deque


class Ages:
    """Frames count 1, 2, 3 …; times are in seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, float]] = deque()

    def add(self, frame: int, at: float) -> None:
        if not self._known or at - self._known[-1][1] >= 1:
            self._known.append((frame, at))

    def of(self, frame: int, now: float) -> float:
        """Of this frame; older ones are not asked for again. Never negative."""
        self.forget_before(frame)
        return max(0.0, now - self._known[0][1]) if self._known else 0.0

    def forget_before(self, frame: int) -> None:
        """Frames before this one are not asked for again."""
        while len(self._known) > 1 and self._known[1][0] <= frame:
            self._known.popleft()
