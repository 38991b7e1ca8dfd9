"""What is to be delivered, guarded for the threads that deliver it: lanes, and what is done once a load is through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from math import inf

from contract.checkpoints import Checkpoint, encode_checkpoint
from contract.errors import TransientError
from producers.sdk.lanes.lanes import Counts, Lanes
from producers.sdk.lanes.loads import Call, Load
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.metrics import Histogram
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Outcome

_ASK_AGAIN = 1.0  # seconds between two questions for the map, doubled while it is not told
_LONGEST_WAIT = 60.0


class Sending(Load):
    """A load, and what is to be done when all of it was delivered or given up."""

    __slots__ = ("done",)

    def __init__(
        self, keys: Sequence[bytes], lines: Sequence[bytes], *, deadline: float, done: Callable[[Sending], None]
    ) -> None:
        super().__init__(keys, lines, deadline=deadline)
        self.done = done


class Outbox:
    """`lock` guards all of it; `done` of a load is called while it is held."""

    def __init__(self, settings: ProducerSettings, jitter: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._lanes = Lanes(aggregate_bytes=settings.aggregate_bytes, ordered=settings.ordered)
        self._jitter = jitter
        self._asks = settings.aggregate
        self._ask_at = 0.0
        self._asked = 0  # times in a row without an answer
        self._is_asking = False
        self._is_held = settings.aggregate  # until the map was asked for the first time
        self.delivered = 0
        """Lines."""
        self.bytes = 0
        """Of records that were taken, partition keys included."""
        self.put_seconds = Histogram()

    @property
    def counts(self) -> Counts:
        return self._lanes.counts

    def add(self, load: Sending) -> None:
        """Take a load to be delivered."""
        with self.lock:
            self._lanes.add(load)
            self._finish()

    def add_checkpoint(self, checkpoint: Checkpoint, done: Callable[[Sending], None]) -> None:
        """Never given up: a number that was left out would be taken for a loss."""
        line, key = encode_checkpoint(checkpoint), checkpoint.producer_id.encode()
        self.add(Sending([key], [line], deadline=inf, done=done))

    def take(self, now: float) -> tuple[Call | None, float | None]:
        """The next call; and when there may be more, where only time is waited for."""
        with self.lock:
            if self._is_held:
                return None, None
            call = self._lanes.take(now)
            self._finish()
            return call, self._lanes.wake_at(now)

    def settle(self, call: Call, outcomes: Sequence[Outcome], now: float, seconds: float) -> None:
        """What the stream said about a call, after so many seconds."""
        with self.lock:
            self.put_seconds.add(seconds)
            for packed, outcome in zip(call.packed, outcomes, strict=True):
                if outcome.refused is None:
                    self.delivered += packed.lines
                    self.bytes += packed.size
            self._lanes.settle(call, outcomes, now, self._jitter)
            self._finish()

    def failed(self, call: Call, why: Exception, now: float) -> None:
        """The call raised."""
        with self.lock:
            self._lanes.failed(call, why, now, self._jitter)
            self._finish()

    def abandon(self, why: TransientError) -> None:
        """Give up what may be given up."""
        with self.lock:
            self._lanes.abandon(why)
            self._finish()

    # --- the map --------------------------------------------------------------------------------------------------

    def ask_at(self) -> float | None:
        """When the stream is to be asked for its shards; None: it need not be."""
        with self.lock:
            if not self._asks or self._is_asking or (self._lanes.has_map and not self._lanes.is_stale):
                return None
            return self._ask_at

    def may_ask(self, now: float) -> bool:
        """Whether the caller is the one to ask now; he says afterwards what he heard."""
        with self.lock:
            at = self.ask_at()
            if at is None or at > now:
                return False
            self._is_asking = True
            return True

    def heard(self, shards: ShardMap | None, now: float) -> None:
        """The answer, or None where there was none: then single records go."""
        with self.lock:
            self._is_asking = self._is_held = False
            self._lanes.remap(shards)
            self._asked = 0 if self._lanes.has_map else self._asked + 1
            self._ask_at = now + min(_LONGEST_WAIT, _ASK_AGAIN * 2.0 ** min(self._asked, 10))

    def _finish(self) -> None:
        for load in self._lanes.finished():
            assert isinstance(load, Sending)  # noqa: S101 - nothing else is taken
            load.done(load)
