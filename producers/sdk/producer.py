"""Accept events, number them without a gap, deliver them all, and say so on the stream."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from contract.checkpoints import Checkpoint, encode_checkpoint
from contract.codec import Event, Plausible, check
from contract.errors import ConfigurationError
from contract.events import EVENT, FUTURE_TOLERANCE_HOURS
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock
from producers.sdk.limits import Limits
from producers.sdk.stream import Record, Stream

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=FUTURE_TOLERANCE_HOURS)
_is_producer_id = re.compile(EVENT.field("producer_id").pattern).fullmatch


class EventProducer:
    """Accepted means that `send` returned. What is accepted is delivered at least once, or still held.

    One instance, one `producer_id`, one sequence from 1: a process that starts again takes a new id
    (`producers.sdk.new_event.new_producer_id`). Not for several threads at once.

    >>> with EventProducer(stream, clock=SystemClock(), producer_id=new_producer_id("web")) as producer:
    ...     producer.send(new_event("view", clock=SystemClock(), user_id="u-1", item_id="i-1"))
    """

    def __init__(  # each comes from the entry point
        self,
        stream: Stream,
        *,
        clock: Clock,
        producer_id: str,
        limits: Limits | None = None,
        earliest: datetime = EARLIEST,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`earliest`: events from before are refused as implausible. `jitter` draws from [0, 1)."""
        if not _is_producer_id(producer_id):
            raise ConfigurationError(f"producer_id {producer_id!r}: use 1 to 64 letters, digits, '_', '.', '-'")
        self.producer_id = producer_id
        self._limits = limits or Limits()
        self._clock = clock
        self._earliest = earliest
        self._writer = BatchWriter(stream, clock=clock, limits=self._limits, jitter=jitter)
        self._accepted = 0
        self._checkpoints = 0
        self._checkpointed_at = clock.monotonic()
        self._said_final = False
        self._closed = False

    @property
    def accepted(self) -> int:
        """How many events were accepted: the greatest number given."""
        return self._accepted

    def send(self, event: Event) -> Event:
        """Accept the event and return it as stamped; may block while older ones are delivered.

        Raises `InvalidEvent` for an event that breaks the contract, `TransientError` when the stream takes
        nothing for now. In both cases the event was not accepted and took no number; after the second, send it again.
        """
        if self._said_final:
            raise ValueError("this producer is closed; open a new one, with a new producer_id")
        if event.producer_id is not None or event.producer_seq is not None:
            raise ValueError("producer_id and producer_seq are stamped here; send the event without them")
        stamped = replace(event, producer_id=self.producer_id, producer_seq=self._accepted + 1)
        line = check(stamped, Plausible(self._earliest, self._clock.now() + _AHEAD))
        # One visitor's events share a shard.
        record = Record(event.user_id or event.anonymous_id or "", line)
        if self._clock.monotonic() - self._checkpointed_at >= self._limits.checkpoint_every:
            self._checkpoint(final=False)
        size = record.size
        self._writer.make_room(size)
        self._writer.hold(record, size)
        self._accepted += 1
        return stamped

    def flush(self) -> None:
        """Deliver everything accepted, or raise `TransientError` and keep what is left for the next flush."""
        self._writer.flush()

    def close(self) -> None:
        """Deliver everything, then the final checkpoint. Closing twice is closing once.

        Raises `TransientError` when the stream takes nothing for now: then close again.
        """
        if self._closed:
            return
        if not self._said_final:
            self._checkpoint(final=True)
            self._said_final = True
        self._writer.flush()
        self._closed = True

    def _checkpoint(self, *, final: bool) -> None:
        # The events first: a checkpoint that overtook them would name them lost.
        self._writer.flush()
        self._checkpoints += 1
        checkpoint = Checkpoint(
            producer_id=self.producer_id,
            number=self._checkpoints,
            accepted=self._accepted,
            at=self._clock.now(),
            final=final,
        )
        record = Record(self.producer_id, encode_checkpoint(checkpoint))
        self._writer.hold(record, record.size)
        self._checkpointed_at = self._clock.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()  # after an exception too: what was accepted was acknowledged
