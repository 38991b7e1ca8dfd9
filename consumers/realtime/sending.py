"""PutEvents calls made: at the rate that is ours, several at once, again where Personalize was busy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from consumers.clock import Clock
from consumers.realtime.calls import Call
from consumers.realtime.tracker import Tracker, blames_tracker
from consumers.token_bucket import TokenBucket
from contract.errors import TransientError

In = TypeVar("In")
Out = TypeVar("Out")

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class Refused(Exception):
    """Personalize does not take the call; its message says why."""


class Personalize(Protocol):
    def put(self, tracking_id: str, call: Call) -> None:
        """Returns when Personalize has taken all events. Raises `Refused`, or `TransientError`."""
        ...


class Threads(Protocol):
    """`concurrent.futures.Executor`, or a loop."""

    def map(self, function: Callable[[In], Out], items: Iterable[In], /) -> Iterable[Out]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of calls, by the numbers of their events. What is in neither was not taken yet."""

    taken_at: Mapping[int, float]  # epoch seconds
    refused: Mapping[int, str]  # with Personalize's message
    calls: int  # made, in vain ones included
    throttles: int
    why: str  # the last thing that kept a call from being made; names nobody


@dataclass(slots=True)
class _Tally:
    """What the threads have come to so far; each writes keys of its own."""

    taken_at: dict[int, float] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    made: list[None] = field(default_factory=list)  # appended to: a sum of several threads would lose some
    throttled: list[str] = field(default_factory=list)  # with the reason, which names nobody
    gave_up: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """`retry_seconds`: how long one call is tried again before the batch is given back."""

    personalize: Personalize
    tracker: Tracker
    bucket: TokenBucket
    clock: Clock
    threads: Threads
    chance: Callable[[float, float], float]  # random.uniform
    retry_seconds: float

    def send(self, calls: Sequence[Call], *, until: float) -> Sent:
        """Make the calls in their order. After `until` of the monotonic clock, or once one was given up, no call is
        begun any more; nor is one while there is no tracker. Raises `TransientError`, before any call, where nobody can
        say which tracker there is."""
        tally = _Tally()
        if calls and self.tracker.tracking_id() is not None:
            for _ in self.threads.map(lambda call: self._deliver(call, tally, until), calls):
                pass
        return Sent(
            taken_at=tally.taken_at,
            refused=tally.refused,
            calls=len(tally.made),
            throttles=len(tally.throttled),
            why=tally.throttled[-1] if tally.throttled else "there is no event tracker, or no time left",
        )

    def _deliver(self, call: Call, tally: _Tally, until: float) -> None:
        pause, give_up_at = FIRST_PAUSE_SECONDS, until
        while not tally.gave_up.is_set():
            try:
                if not self.bucket.take(until=until):
                    break
                return self._try(call, tally, until)
            except TransientError as error:
                tally.throttled.append(call.redacted(str(error)))
            now = self.clock.monotonic()
            give_up_at = min(give_up_at, now + self.retry_seconds)
            wait = self.chance(0, pause)  # full jitter
            if now + wait >= give_up_at:
                break
            self.clock.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        tally.gave_up.set()
        return None

    def _try(self, call: Call, tally: _Tally, until: float) -> None:
        tracking_id = self.tracker.tracking_id()
        if tracking_id is None:
            raise TransientError("there is no event tracker yet")
        tally.made.append(None)
        try:
            self.personalize.put(tracking_id, call)
        except Refused as refusal:
            return self._refused(call, tally, until, tracking_id, str(refusal))
        at = self.clock.now().timestamp()
        tally.taken_at.update(dict.fromkeys(call.numbers, at))
        return None

    def _refused(self, call: Call, tally: _Tally, until: float, tracking_id: str, message: str) -> None:
        if blames_tracker(message, call):
            self.tracker.forget(tracking_id)
            raise TransientError(message)
        if len(call.entries) == 1:
            tally.refused[call.numbers[0]] = message
            return
        for single in call.one_by_one():  # one of them is the culprit, and Personalize does not say which
            self._deliver(single, tally, until)
