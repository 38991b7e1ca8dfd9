"""Sends a load on time: requests go out when they fall due, whatever became of those before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from operations.send.plan import Load
from operations.send.tally import Answer, Report, Tally

Line = tuple[str, bytes]
"""A partition key, and an event's line with its newline, without producer fields."""

MOST_WAITING: Final = 20_000
"""Requests on their way at once. What falls due beyond that goes out late, and its latency says so."""
PATIENCE_SECONDS: Final = 30.0
"""How long after the last request fell due answers are waited for."""


class Target(Protocol):
    """Where events go."""

    @property
    def name(self) -> str: ...

    def send(self, lines: Sequence[Line]) -> asyncio.Future[Answer]:
        """Begin to send; what comes of it is an answer, never an exception."""
        ...


class LoadRun:
    """One load against one target; `tally` can be looked at while it runs."""

    def __init__(
        self, load: Load, target: Target, *, clock: Callable[[], float], patience: float = PATIENCE_SECONDS
    ) -> None:
        """`clock`: seconds that never go back."""
        self.tally = Tally()
        self._load, self._target, self._clock = load, target, clock
        self._patience = patience
        self._room = asyncio.Semaphore(MOST_WAITING)
        self._going: set[asyncio.Future[Answer]] = set()

    async def run(self, events: Iterable[Line]) -> Report:
        """All of it; fewer events than the load asks for end it earlier."""
        began, offered = self._clock(), 0
        until = began + self._load.seconds + self._patience
        for after, lines in zip(self._load.due(), _batches(events, self._load.batch), strict=False):
            offered += len(lines)
            if await self._may_start(began + after, until):
                self._start(lines, began + after)
        if self._going:
            await asyncio.wait(self._going, timeout=max(0.0, until - self._clock()))
        return Report(
            target=self._target.name,
            offered=offered,
            rate=self._load.rate,
            batch=self._load.batch,
            seconds=self._clock() - began,
            tally=self.tally,
        )

    async def _may_start(self, due: float, until: float) -> bool:
        """Wait until a request falls due and there is room for it; False once patience is over."""
        # Also what is late gives the loop its turn: answers must be seen when they come.
        await asyncio.sleep(max(0.0, due - self._clock()))
        if self._clock() >= until:
            return False
        try:
            await asyncio.wait_for(self._room.acquire(), timeout=until - self._clock())
        except TimeoutError:
            return False
        return True

    def _start(self, lines: Sequence[Line], due: float) -> None:
        started = self._clock()
        self.tally.started(len(lines), late=max(0.0, started - due))
        answer = self._target.send(lines)
        self.tally.sending.add(self._clock() - started)
        self._going.add(answer)
        answer.add_done_callback(lambda future: self._ended(future, len(lines), due))

    def _ended(self, future: asyncio.Future[Answer], events: int, due: float) -> None:
        self._going.discard(future)
        self._room.release()
        if not future.cancelled():
            self.tally.answered(events, future.result(), seconds=self._clock() - due)


def _batches(events: Iterable[Line], size: int) -> Iterator[list[Line]]:
    walking = iter(events)
    while batch := list(islice(walking, size)):
        yield batch
