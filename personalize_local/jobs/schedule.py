"""What is due by the clock alone: done within a fifth of a second of its time, also when the clock was advanced."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Callable
from typing import Any, Final, Protocol

_TICK_SECONDS: Final = 0.2


class Host(Protocol):
    """What the schedule needs of the emulator."""

    async def save(self) -> None: ...


_Due = Callable[[Any], None]
DUE: Final[list[tuple[float, _Due]]] = []


def every(*, seconds: float) -> Callable[[_Due], _Due]:
    """Call the function below at the start, then about this often (of the machine's time, not of AWS's)."""

    def register(due: _Due) -> _Due:
        DUE.append((seconds, due))
        return due

    return register


class Schedule:
    """One asyncio task that asks everything registered whether something is due."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._asked: dict[_Due, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.ask()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="schedule")

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def ask(self) -> None:
        """A bug in one does not keep the others from their work."""
        for seconds, due in DUE:
            if time.monotonic() - self._asked.get(due, float("-inf")) >= seconds:
                try:
                    due(self._host)
                except Exception:  # noqa: BLE001
                    traceback.print_exc()
                self._asked[due] = time.monotonic()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self.ask()
            await self._host.save()
