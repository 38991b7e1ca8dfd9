"""What a caller holds until his event is acknowledged, in a thread or in an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from bisect import bisect_left
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from contract.errors import TransientError
from contract.joined import Joined
from producers.sdk.numbering import numbered, numbered_line

LINE_OVERHEAD = 100  # bytes: where it is, who gave it, and its number
_NOTHING = Joined.of([])


class Batch:
    """Lines that are acknowledged together. Filled by the intake, settled once."""

    __slots__ = (
        "_count",
        "_lock",
        "_waiting",
        "failures",
        "first",
        "foreign",
        "given",
        "given_keys",
        "is_settled",
        "keys",
        "lines",
        "number",
        "opened_at",
        "process",
        "size",
        "stamp",
    )

    def __init__(self, opened_at: float, *, first: int = 1, stamp: bytes = b"") -> None:
        """`first`: the number of its first event; `stamp` goes before each."""
        self.first = first
        self.stamp = stamp
        self.given_keys: list[str] = []
        self.given: list[bytes] = []  # lines as they came
        self.keys = self.lines = _NOTHING
        self.foreign: list[int] = []  # places of lines that took no number
        self.size = 0  # bytes held; about, until it is closed
        self.opened_at = opened_at
        self.number = 0  # of the batch: 1, 2, 3 …
        self._count = 0  # of its lines, once it is closed
        self.process = os.getpid()
        self.is_settled = False
        self.failures: Mapping[int, Exception] = {}
        self._lock = threading.Lock()
        self._waiting: list[threading.Event | asyncio.Future[None]] = []

    def close(self, number: int) -> None:
        """Nothing more is added; it is the so-manieth."""
        self.number = number
        self.keys = Joined.of_texts(self.given_keys)
        self.lines = numbered(self.given, self.stamp, self.first, self.foreign)
        self.size = len(self.keys.data) + len(self.lines.data) + LINE_OVERHEAD * len(self.lines)
        self._count = len(self.given)
        self.given_keys, self.given = [], []

    def settle(self, failures: Mapping[int, Exception]) -> None:
        """Everything was acknowledged but for what failed, by its place. A loop is called once, however many wait."""
        with self._lock:
            self.failures = failures
            self.is_settled = True
            waiting, self._waiting = self._waiting, []
        self.keys = self.lines = _NOTHING
        loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for waiter in waiting:
            if isinstance(waiter, threading.Event):
                waiter.set()
            else:
                loops.setdefault(waiter.get_loop(), []).append(waiter)
        for loop, futures in loops.items():
            with suppress(RuntimeError):  # it was closed: nobody waits any more
                loop.call_soon_threadsafe(_wake, futures)

    def wait(self, seconds: float | None) -> bool:
        """Whether it was settled within so many seconds."""
        event = threading.Event()
        return self._is_settled_or_keeps(event) or event.wait(seconds)

    async def settled(self) -> None:
        """Return once it is settled. Whoever is cancelled meanwhile hurts nobody."""
        future = asyncio.get_running_loop().create_future()
        if not self._is_settled_or_keeps(future):
            await future

    @property
    def last(self) -> int:
        """The number of its last event; the one before its first where it has none."""
        return self.first + (len(self.given) or self._count) - len(self.foreign) - 1

    def number_of(self, place: int) -> int | None:
        """The number that the line took."""
        return None if place in self.foreign else self.first + place - bisect_left(self.foreign, place)

    def numbers(self) -> range:
        """Of its events."""
        return range(self.first, self.last + 1)

    def withdrawn(self) -> Iterable[int]:
        """The numbers of those that failed."""
        return (number for place in sorted(self.failures) if (number := self.number_of(place)) is not None)

    def _is_settled_or_keeps(self, waiter: threading.Event | asyncio.Future[None]) -> bool:
        if self.process != os.getpid():
            raise TransientError("this event belongs to the process that forked this one")
        with self._lock:
            if not self.is_settled:
                self._waiting.append(waiter)
            return self.is_settled


class Receipt(Struct, gc=False, eq=False):
    """For one line, or for several that were sent at once. May be awaited, waited for, or thrown away."""

    _batch: Batch
    _place: int
    _given: bytes

    @property
    def producer_seq(self) -> int | None:
        """The number that it took, of several the last; None where it took none."""
        return self._batch.number_of(self._place)

    @property
    def line(self) -> bytes:
        """As it goes on the stream; of several lines all, one behind the other."""
        number = self.producer_seq
        return self._given if number is None else numbered_line(self._given, self._batch.stamp, number)

    @property
    def is_acknowledged(self) -> bool:
        """Whether it is where no crash loses it."""
        return self._batch.is_settled and self._failure() is None

    def wait(self, timeout: float | None = None) -> None:
        """Return once it is acknowledged, or raise what went wrong.

        `TransientError` where `timeout` seconds are over (it may be acknowledged later), or where it was given up:
        then it may be sent again, with the same event_id. `ConfigurationError` where that will not help.
        """
        if not self._batch.is_settled and not self._batch.wait(timeout):
            raise TransientError(f"not acknowledged within {timeout} s")
        self._raise()

    def __await__(self) -> Generator[object, None, None]:
        """As `wait` without a timeout."""
        if not self._batch.is_settled:
            yield from self._batch.settled().__await__()
        self._raise()

    def _raise(self) -> None:
        failure = self._failure()
        if failure is not None:
            raise type(failure)(*failure.args) from failure  # an error of its own for everyone who asks

    def _failure(self) -> Exception | None:
        return self._batch.failures.get(self._place)


class ManyReceipt(Receipt, gc=False, eq=False):
    """Acknowledged when each of its lines is."""

    _all: Sequence[bytes]

    @property
    def producer_seq(self) -> int | None:
        return self._batch.number_of(self._place + len(self._all) - 1)

    @property
    def line(self) -> bytes:
        first = self._batch.number_of(self._place)
        assert first is not None  # noqa: S101 - none of them is foreign
        return numbered(self._all, self._batch.stamp, first).data

    def _failure(self) -> Exception | None:
        mine = range(self._place, self._place + len(self._all))
        return next((why for place, why in self._batch.failures.items() if place in mine), None)


def failed_receipt(line: bytes, why: Exception) -> Receipt:
    """For a line that was not taken."""
    batch = Batch(0.0)
    batch.foreign.append(0)
    batch.settle({0: why})
    return Receipt(batch, 0, line)


def _wake(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():  # its task was cancelled
            future.set_result(None)
