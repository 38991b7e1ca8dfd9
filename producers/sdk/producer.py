"""Accept events, number them without a gap, deliver them all, and say so on the stream."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import inf
from random import SystemRandom
from types import TracebackType
from typing import Any, Self

import structlog

from contract.codec import Event, Plausible, check
from contract.errors import ConfigurationError, InvalidEvent
from contract.events import EARLIEST, EVENT, FUTURE_TOLERANCE_HOURS
from producers.sdk import lifecycle
from producers.sdk.around import Around
from producers.sdk.bell import Bell
from producers.sdk.clock import Clock
from producers.sdk.delivery.engine import Engine
from producers.sdk.metrics import Snapshot
from producers.sdk.new_event import new_event
from producers.sdk.receipts import Receipt
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Stream
from producers.sdk.troubles import Log, Troubles

_AHEAD = timedelta(hours=FUTURE_TOLERANCE_HOURS)
_SAME_MOMENT = 1.0  # seconds
_LONGEST_ID = 64
_jitter = SystemRandom().random  # an application that seeds its own chance gets what it expects
_is_producer_id = re.compile(EVENT.field("producer_id").pattern).fullmatch


class EventProducer:
    """Accepted means acknowledged: the event's receipt says so. What is acknowledged is not lost.

    With a spool it lies on disk then, without one on the stream. One instance, one `producer_id`, one sequence from 1:
    a process that starts again takes a new id (`producers.sdk.new_event.new_producer_id`), and so does a forked child,
    by itself. For any number of threads, and for event loops.

    >>> with EventProducer(stream, clock=SystemClock(), producer_id=new_producer_id("web")) as producer:
    ...     receipt = producer.track("view", user_id="u-1", item_id="i-1")
    ...     receipt.wait()  # or: await receipt
    """

    def __init__(  # noqa: PLR0913 - each comes from the entry point
        self,
        stream: Stream,
        *,
        clock: Clock,
        producer_id: str,
        settings: ProducerSettings | None = None,
        spool: SpoolDirectory | None = None,
        earliest: datetime = EARLIEST,
        jitter: Callable[[], float] = _jitter,
        log: Log | None = None,
    ) -> None:
        """`earliest`: events from before are refused as implausible. `jitter` draws from [0, 1)."""
        if not _is_producer_id(producer_id):
            raise ConfigurationError(f"producer_id {producer_id!r}: use 1 to 64 letters, digits, '_', '.', '-'")
        self._stream = stream
        self._clock = clock
        self._settings = settings or ProducerSettings()
        self._spool = spool
        self._earliest = earliest
        self._jitter = jitter
        self._log: Log = log or structlog.get_logger()
        self._plausible = Plausible(earliest, earliest)
        self._look_again_at = -inf
        self._begin(producer_id)
        if spool is not None:
            self._engine.start()
        lifecycle.opened(self, self._log)

    @property
    def accepted(self) -> int:
        """The events 1 to `accepted` were acknowledged, or given up and their receipts failed."""
        return self._engine.told.accepted

    def send(self, event: Event) -> Receipt:
        """Check, number and queue the event; its receipt tells when it is acknowledged.

        Raises `InvalidEvent` for an event that breaks the contract, and ValueError for one that is stamped already or
        when closed. Where memory is full it blocks, raises `TransientError` or drops, as the settings say. An event
        that raised took no number.
        """
        if event.producer_id is not None or event.producer_seq is not None:
            raise ValueError("producer_id and producer_seq are stamped here; send the event without them")
        if self._clock.monotonic() >= self._look_again_at:
            self._look_at_the_time()
        try:
            line = check(event, self._plausible)
        except InvalidEvent:
            self._look_at_the_time()  # it may have been set, or this machine have slept
            line = check(event, self._plausible)
        # One visitor's events share a shard.
        return self._intake.add(event.user_id or event.anonymous_id or "", line)

    def track(self, event_type: str, **fields: Any) -> Receipt:
        """Send an event of now; `fields` are the contract's. Raises TypeError for one that it does not have."""
        return self.send(new_event(event_type, clock=self._clock, **fields))

    def send_raw(self, key: str, line: bytes) -> Receipt:
        """Send a line that the caller has checked: canonical, with its newline, without producer fields.

        `key`: the visitor's, by which the line finds its shard: 1 to 256 characters. Raises `InvalidEvent` for a line
        that is too long, and ValueError for what is no line or no key.
        """
        return self._intake.add(key, line)

    def send_raw_many(self, lines: Sequence[tuple[str, bytes]]) -> Receipt:
        """The same for many: all are taken or none, and one receipt is for all.

        Raises ValueError for more than `memory_bytes`, or 64 MiB, at once.
        """
        return self._intake.add_many(lines)

    def put_foreign(self, key: str, line: bytes) -> Receipt:
        """Send a line as it is, whatever it holds; it takes no number."""
        return self._intake.add_foreign(key, line)

    def flush(self, timeout: float | None = None, *, checkpoint: bool = False) -> None:
        """Return once all that was sent is on the stream, with a final checkpoint behind it where one is asked for.

        Raises `TransientError` where that takes longer than `timeout` seconds, or where an event was given up since
        the last flush; `ConfigurationError` where the stream is not there for us.
        """
        self._engine.flush(timeout, checkpoint=checkpoint)

    def close(self, timeout: float | None = None) -> None:
        """Deliver everything, then the final checkpoint. Closing twice is closing once.

        What is not delivered within `timeout` seconds stays in the spool for the next process. Without a spool it is
        given up and `TransientError` raised; where only the final checkpoint is left to deliver, close again.
        """
        try:
            self._engine.close(self._settings.close_seconds if timeout is None else timeout)
        finally:
            lifecycle.closed(self)  # who was told that it failed decides whether to close again

    async def aclose(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as `close`
        """The same, while the loop goes on."""
        await asyncio.to_thread(self.close, timeout)

    def metrics(self) -> Snapshot:
        """What it counted so far, and what it holds; see `producers.sdk.metrics`."""
        return self._engine.snapshot()

    def renew(self) -> None:
        """Begin anew, as a forked child does, with another `producer_id`."""
        if self._engine.is_closed:
            return
        suffix = f"-{os.urandom(3).hex()}"
        self._begin(self.producer_id[: _LONGEST_ID - len(suffix)] + suffix)

    def _look_at_the_time(self) -> None:
        self._plausible = Plausible(self._earliest, self._clock.now() + _AHEAD)
        self._look_again_at = self._clock.monotonic() + _SAME_MOMENT

    def _begin(self, producer_id: str) -> None:
        self.producer_id = producer_id
        senders_bell = Bell()
        around = Around(
            settings=self._settings,
            clock=self._clock,
            jitter=self._jitter,
            troubles=Troubles(self._log),
            bell=Bell() if self._spool else senders_bell,
            senders_bell=senders_bell,
        )
        self._engine = Engine(producer_id, self._stream, self._spool, around)
        self._intake = self._engine.intake

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()  # after an exception too: what was accepted was acknowledged

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()
