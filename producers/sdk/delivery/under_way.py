"""Checkpoints under way, and those who wait until none is."""

from __future__ import annotations

from collections.abc import Callable


class UnderWay:
    """The outbox's lock is held by whoever calls."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._count > 0

    def began(self) -> None:
        self._count += 1

    def ended(self) -> None:
        """Tell all who wait, where this was the last one."""
        self._count -= 1
        if not self._count:
            waiting, self._waiting = self._waiting, []
            for done in waiting:
                done()

    def when_none(self, done: Callable[[], None]) -> None:
        """Call `done` once the last of them has ended; at least one is under way."""
        self._waiting.append(done)
