"""Play a simulation onto a stream, through the producers that a shop would have."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack

from contract.errors import ConfigurationError
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock
from producers.sdk.limits import Limits
from producers.sdk.producer import EventProducer
from producers.sdk.stream import Record, Stream
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Broken, Repeated, Sent, simulate
from producers.simulator.truth import Truth
from producers.simulator.visits import PRODUCERS

_PROGRESS_EVERY = 1_000


def run_simulation(
    settings: SimulationSettings,
    stream_factory: Callable[[], Stream],
    clock: Clock,
    progress: Callable[[int], None] = lambda _: None,
) -> Truth:
    """Put all of it on the stream and return the truth; `progress` hears the number of events accepted.

    Raises `ConfigurationError` where the simulated time ends after now, `TransientError` where the stream takes
    nothing for longer than the producers try.
    """
    if settings.end > clock.now():
        raise ConfigurationError(f"events would occur until {settings.end}, after now: choose an earlier start")
    with ExitStack() as closing:
        player = _Player(settings, stream_factory, clock, closing)
        for simulated in simulate(settings):
            match simulated:
                case Sent():
                    player.send(simulated)
                    if player.truth.accepted % _PROGRESS_EVERY == 0:
                        progress(player.truth.accepted)
                case Repeated():
                    player.repeat(simulated)
                case Broken():
                    player.put_broken(simulated)
    progress(player.truth.accepted)
    return player.truth


class _Player:
    """The producers, a foreign one beside them, and the truth so far."""

    def __init__(
        self, settings: SimulationSettings, stream_factory: Callable[[], Stream], clock: Clock, closing: ExitStack
    ) -> None:
        jitter = random.Random(settings.seed).random  # noqa: S311  # pauses, no secret
        self.truth = Truth()
        self._records: dict[str, Record] = {}
        self._foreign = BatchWriter(stream_factory(), clock=clock, limits=Limits(), jitter=jitter)
        closing.callback(self._foreign.flush)
        self._producers = {
            name: closing.enter_context(
                EventProducer(stream_factory(), clock=clock, producer_id=f"{name}-{settings.digest}", jitter=jitter)
            )
            for name in PRODUCERS
        }

    def send(self, sent: Sent) -> None:
        producer = self._producers[sent.producer]
        event, receipt = sent.event, producer.send(sent.event)
        self.truth.accepted += 1
        self.truth.producers[producer.producer_id] += 1
        self.truth.event_types[event.event_type] += 1
        self.truth.late += sent.late
        self.truth.excluded += event.consent is not None and event.consent.analytics is False
        if sent.repeats:
            self._records[event.event_id] = Record(event.user_id or event.anonymous_id or "", receipt.line)

    def repeat(self, repeated: Repeated) -> None:
        self._foreign.add(self._records[repeated.event_id])
        self.truth.duplicates += 1

    def put_broken(self, broken: Broken) -> None:
        self._foreign.add(Record(broken.key, broken.line + b"\n"))
        self.truth.broken += 1
        self.truth.broken_rules[broken.kind.rule] += 1
        self.truth.broken_reasons[broken.kind.reason] += 1
