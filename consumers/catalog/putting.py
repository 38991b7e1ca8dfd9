"""Records put into Personalize: ten a call, at the rate that is ours, again where it was busy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from consumers.catalog.records import Record
from consumers.clock import Clock
from consumers.token_bucket import TokenBucket
from contract.errors import TransientError

MAX_RECORDS = 10
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class Refused(Exception):
    """Personalize does not take the call; its message says why."""


class Personalize(Protocol):
    def put(self, dataset: str, arn: str, records: Sequence[Record]) -> None:
        """Returns when Personalize has taken all records. Raises `Refused`, or `TransientError`."""
        ...


@dataclass(slots=True, kw_only=True)
class Done:
    """What became of records, by id. What is in neither was not taken yet."""

    taken: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)  # with Personalize's message
    calls: int = 0
    throttles: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Putter:
    personalize: Personalize
    buckets: Mapping[str, TokenBucket]  # by dataset: Personalize counts PutItems and PutUsers apart
    clock: Clock
    chance: Callable[[float, float], float]  # random.uniform

    def put(self, dataset: str, arn: str, records: Sequence[Record], *, until: float) -> Done:
        """Put the records, each id once. After `until` of the monotonic clock, or once a call was given up, no call
        is begun any more."""
        done = Done()
        for at in range(0, len(records), MAX_RECORDS):
            if not self._deliver(dataset, arn, records[at : at + MAX_RECORDS], done, until):
                break
        return done

    def _deliver(self, dataset: str, arn: str, records: Sequence[Record], done: Done, until: float) -> bool:
        """Whether it is known what became of them all."""
        pause = FIRST_PAUSE_SECONDS
        while self.buckets[dataset].take(until=until):
            done.calls += 1
            try:
                self.personalize.put(dataset, arn, records)
            except Refused as refusal:
                return self._refused(dataset, arn, records, done, until, str(refusal))
            except TransientError:
                done.throttles += 1
            else:
                done.taken.update(record.id for record in records)
                return True
            wait = self.chance(0, pause)  # full jitter
            if self.clock.monotonic() + wait >= until:
                return False
            self.clock.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return False

    def _refused(  # the call as it was, and why it was not taken
        self, dataset: str, arn: str, records: Sequence[Record], done: Done, until: float, message: str
    ) -> bool:
        if len(records) == 1:
            done.refused[records[0].id] = message
            return True
        # One of them is the culprit, and Personalize does not say which.
        return all(self._deliver(dataset, arn, [record], done, until) for record in records)
