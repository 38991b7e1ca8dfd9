"""How one thread wakes another that has nothing to do."""

from __future__ import annotations

import threading


class Bell:
    """Whoever reads `rings`, looks for work and then waits with what he read misses nothing."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.rings = 0

    def ring(self) -> None:
        """Wake one who waits, and let none wait who has looked before."""
        with self._changed:
            self.rings += 1
            self._changed.notify()

    def ring_all(self) -> None:
        """Wake everyone."""
        with self._changed:
            self.rings += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float | None) -> None:
        """Until it has rung since `rings` was `heard`, or until so many seconds are over."""
        with self._changed:
            if self.rings == heard:
                self._changed.wait(seconds)
