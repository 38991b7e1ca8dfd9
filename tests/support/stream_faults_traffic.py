"""What producers put into a stream, good and bad, and what must become of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from contract.codec import Consent, Event, encode
from contract.projection import interaction, is_exported
from contract.times import format_instant
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import SystemClock
from producers.sdk.limits import Limits
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Record, Stream
from producers.simulator.broken import KINDS, Kind, broken_line
from tests.support.realtime_world import aggregated

LIMITS: Final = Limits(attempts=30, first_pause=0.01, longest_pause=0.1)  # a stream that refuses a lot is tried often
_TYPES: Final = ("view", "view", "view", "click", "add_to_cart", "purchase", "search", "impression")
_POISON_SHARE: Final = 0.15
_VISITORS: Final = 30


@dataclass(frozen=True, slots=True)
class Truth:
    """Of all lines put so far: rows of Interactions by event id, how many stay here, and the poison's bytes."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)  # event types
    poison: list[bytes] = field(default_factory=list)

    def note(self, event: Event) -> None:
        values = msgspec.to_builtins(event)
        if is_exported(values):
            self.rows[event.event_id] = interaction(values)
        else:
            self.excluded[event.event_type] += 1

    @property
    def lines(self) -> int:
        return len(self.rows) + self.excluded.total() + len(self.poison)


class Traffic:
    """A producer and a foreign writer beside it; what they put is noted. No two events are of one second."""

    def __init__(self, stream: Stream, truth: Truth, *, chance: Random, seconds: Callable[[], datetime]) -> None:
        clock = SystemClock()
        self._truth, self._chance, self._seconds = truth, chance, seconds
        self._numbers = count(1)
        self._producer = EventProducer(
            stream,
            clock=clock,
            producer_id=new_producer_id("faults"),
            settings=ProducerSettings(linger=0.0, aggregate=False, delivery_seconds=30, close_seconds=30),
            jitter=chance.random,
        )
        self._foreign = BatchWriter(stream, clock=clock, limits=LIMITS, jitter=chance.random)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, _at: TracebackType | None) -> None:
        if kind is None:
            self._foreign.flush()
            self._producer.close()

    def mixed(self, records: int) -> None:
        """So many records of every form, on the stream when this returns."""
        forms = (self.event, self.poison, self.several, self.packed, self.damaged)
        for form in self._chance.choices(forms, (12, 3, 2, 3, 1), k=records):
            form()
        self.flush()

    def flush(self) -> None:
        self._foreign.flush()
        self._producer.flush()

    def event(self) -> None:
        """Stamped, in a record of its own."""
        event = self.new_event()
        self._producer.send(event)
        self._truth.note(event)

    def poison(self, kind: Kind | None = None) -> None:
        """A broken line in a record of its own; some such have a newline."""
        self._put([self._broken(kind)], ending=self._chance.choice((b"", b"\n")))

    def several(self) -> None:
        """Lines of all sorts in one record, blank ones among them."""
        lines = self._lines()
        self._put(lines, data=b"\n \n".join(lines))

    def packed(self) -> None:
        """Lines of all sorts, aggregated as the KPL does it."""
        lines = self._lines()
        self._put(lines, data=aggregated(*(line + b"\n" for line in lines)))

    def damaged(self) -> None:
        """An aggregate with a byte that is another: nothing of it can be trusted, all of it is kept."""
        packed = aggregated(*(encode(self.new_event()) for _ in range(3)))
        broken = packed[:-1] + bytes([packed[-1] ^ 1])
        self._truth.poison.append(broken)
        self._foreign.add(Record("foreign", broken))

    def new_event(self) -> Event:
        number, visitor = next(self._numbers), self._chance.randrange(_VISITORS)
        is_known = visitor % 3 > 0
        event_type = self._chance.choice(_TYPES)
        return Event(
            event_id=f"{self._producer.producer_id}-{number:06d}",
            event_type=event_type,
            occurred_at=format_instant(self._seconds()),
            user_id=f"u-{visitor}" if is_known else None,
            anonymous_id=None if is_known and visitor % 2 else f"a-{visitor}",
            item_id=f"i-{self._chance.randrange(25):05d}",
            value=self._chance.choice((19.99, 5.0)) if event_type == "purchase" else None,
            impression=self._chance.choice((None, ("i-00001", "i-00002"))) if event_type == "click" else None,
            recommendation_id=self._chance.choice((None, None, "RID-1")),
            consent=self._chance.choice((None,) * 9 + (Consent(personalization=False),)),
        )

    def _lines(self) -> list[bytes]:
        return [self._line() for _ in range(self._chance.randint(2, 6))]

    def _line(self) -> bytes:
        if self._chance.random() < _POISON_SHARE:
            return self._broken(None)
        event = self.new_event()
        self._truth.note(event)
        return encode(event).removesuffix(b"\n")

    def _broken(self, kind: Kind | None) -> bytes:
        line = broken_line(kind or self._chance.choice(KINDS), self.new_event(), next(self._numbers))
        self._truth.poison.append(line)
        return line

    def _put(self, lines: Sequence[bytes], *, data: bytes | None = None, ending: bytes = b"\n") -> None:
        self._foreign.add(Record("foreign", b"".join(lines) + ending if data is None else data))


def seconds_before(now: datetime, *, hours: float = 12) -> Callable[[], datetime]:
    """Whole seconds, each once, from so many hours ago on: late enough for what is sent while a visit lasts."""
    start, number = now.replace(microsecond=0) - timedelta(hours=hours), count()
    return lambda: start + timedelta(seconds=next(number))
