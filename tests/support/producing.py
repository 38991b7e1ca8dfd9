"""A producer of tests: its calendar stands still, and it hardly waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.codec import Event, Plausible, decode
from contract.events import EARLIEST
from producers.sdk.clock import Clock, SystemClock
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Refused, Stream
from tests.factories import NOW

PLAUSIBLE = Plausible(EARLIEST, NOW + timedelta(hours=24))
BUSY = Answer(refuses=frozenset(range(500)), refused=Refused.FAILED)
QUICK = ProducerSettings(linger=0.001)


class ClockAtNoon(SystemClock):
    """The calendar stands still, time goes on."""

    def now(self) -> datetime:
        return NOW


def producer(
    stream: Stream, clock: Clock | None = None, chosen: ProducerSettings = QUICK, jitter: float = 0.01
) -> EventProducer:
    return EventProducer(
        stream, clock=clock or ClockAtNoon(), producer_id="web-1", settings=chosen, jitter=lambda: jitter
    )


def sent_events(stream: MemoryStream) -> list[Event]:
    return [decode(r.data, PLAUSIBLE) for r in stream.lines if parse_checkpoint(r.data) is None]


def sent_checkpoints(stream: MemoryStream) -> list[Checkpoint]:
    return [c for r in stream.lines if (c := parse_checkpoint(r.data)) is not None]
