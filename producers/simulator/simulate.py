"""The traffic of a simulated shop, in the order in which it reaches the stream."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, count, cycle

from msgspec.structs import replace

from contract.codec import Event
from contract.times import epoch_ms
from producers.simulator.broken import KINDS, Kind, broken_line
from producers.simulator.rhythm import DAY_MS, time_of
from producers.simulator.settings import SimulationSettings
from producers.simulator.shop import shop
from producers.simulator.shoppers import Shopper, shoppers
from producers.simulator.visits import APP, Happened, instant_ms, visit

_LONGEST_REPEAT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Sent:
    """An event for a producer to accept. `repeats`: its record will be delivered again, byte for byte."""

    producer: str
    event: Event
    repeats: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Repeated:
    """The record of an event, sent before, once more."""

    event_id: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A line, without its newline, that some foreign producer puts on the stream."""

    kind: Kind
    key: str
    line: bytes


Simulated = Sent | Repeated | Broken


def simulate(settings: SimulationSettings) -> Iterator[Simulated]:
    """The same for the same settings; memory for what is on its way, a day of late events at most."""
    waiting: list[tuple[int, int, Simulated]] = []
    order = count()
    for began_ms, arrivals in _visits(settings):
        while waiting and waiting[0][0] <= began_ms:
            yield heappop(waiting)[2]
        for at_ms, what in arrivals:
            heappush(waiting, (at_ms, next(order), what))
    while waiting:
        yield heappop(waiting)[2]


def _visits(settings: SimulationSettings) -> Iterator[tuple[int, list[tuple[int, Simulated]]]]:
    """Visit after visit: when it began, and what comes of it when."""
    rng = random.Random(f"visits {settings.seed}")  # noqa: S311  # a simulation, no secret
    store, people = shop(settings), shoppers(settings)
    # A few come daily, most rarely.
    activity = tuple(accumulate((rank + 20) ** -0.6 for rank in range(len(people))))
    extras = _Extras(settings, rng)
    start_ms = epoch_ms(settings.start)
    made = 0
    while made < settings.events:
        began_ms = start_ms + time_of(made / settings.events, settings.days)
        shopper = people[bisect(activity, rng.random() * activity[-1])]
        happened = visit(shopper, store, began_ms, rng)[: settings.events - made]
        late_ms = extras.offline_ms(shopper, len(happened))
        yield began_ms, [a for h in happened for a in _arrivals(h, shopper, late_ms, extras)]
        made += len(happened)
    yield began_ms, extras.left()


def _arrivals(happened: Happened, shopper: Shopper, late_ms: int, extras: _Extras) -> Iterator[tuple[int, Simulated]]:
    at_ms = happened.at_ms + late_ms + int(extras.rng.random() * 1_500)
    event = replace(happened.event, sent_at=instant_ms(at_ms))
    producer = APP if late_ms else happened.producer
    repeats = extras.next_repeats(shopper)
    yield at_ms, Sent(producer, event, repeats, late_ms > 0)
    if repeats:
        yield extras.repeat(event, at_ms)
    yield from extras.next_broken(event, at_ms)


class _Extras:
    """Deals out redeliveries and broken lines evenly, to the exact number; late events by the visit, about."""

    def __init__(self, settings: SimulationSettings, rng: random.Random) -> None:
        self.rng = rng
        self._settings = settings
        self._kinds = cycle(KINDS)
        self._events = self._repeats = self._broken = self._late = 0
        self._last: tuple[int, Repeated] | None = None

    def offline_ms(self, shopper: Shopper, events: int) -> int:
        """How long the app holds a visit's events back: hours, where it was offline. A browser has no such patience."""
        if not shopper.uses_app or self._late >= self._settings.late_share * (self._events + events):
            return 0
        self._late += events
        return self.rng.randrange(DAY_MS // 24, DAY_MS)

    def next_repeats(self, shopper: Shopper) -> bool:
        """Whether the next event is delivered again. One that is excluded is not: it has one fate."""
        self._events += 1
        if self._repeats >= self._due(self._settings.duplicates) or shopper.refuses_analytics:
            return False
        self._repeats += 1
        return True

    def repeat(self, event: Event, at_ms: int) -> tuple[int, Repeated]:
        self._last = at_ms + self.rng.randrange(1_000, _LONGEST_REPEAT_MS), Repeated(event.event_id)
        return self._last

    def next_broken(self, event: Event, at_ms: int) -> Iterator[tuple[int, Broken]]:
        while self._broken < self._due(self._settings.broken):
            self._broken += 1
            kind = next(self._kinds)
            yield at_ms, Broken(kind, event.anonymous_id or "", broken_line(kind, event, self._broken))

    def left(self) -> list[tuple[int, Simulated]]:
        """Redeliveries still owed because the last events are excluded: the last one repeated is repeated again."""
        return [self._last] * (self._settings.duplicates - self._repeats) if self._last else []

    def _due(self, total: int) -> int:
        return -(-total * self._events // self._settings.events)
