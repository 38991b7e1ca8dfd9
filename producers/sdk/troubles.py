"""One line in the log when a trouble begins and one when it ends, however many calls it meets."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, Protocol


class Log(Protocol):
    """structlog's, or one like it."""

    def info(self, event: str, **facts: Any) -> Any: ...

    def warning(self, event: str, **facts: Any) -> Any: ...


class Troubles:
    """For several threads. A log that fails stops none of them."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._lock = threading.Lock()
        self._met: dict[str, int] = {}

    def began(self, what: str, **facts: Any) -> None:
        """Tell of it, unless it goes on."""
        with self._lock:
            self._met[what] = self._met.get(what, 0) + 1
            is_new = self._met[what] == 1
        if is_new:
            with suppress(Exception):
                self.log.warning(what, **facts)

    def ended(self, what: str) -> None:
        """Tell how often it was met, where it was."""
        if what not in self._met:
            return
        with self._lock:
            times = self._met.pop(what, 0)
        if times:
            with suppress(Exception):
                self.log.info("trouble_over", trouble=what, times=times)
