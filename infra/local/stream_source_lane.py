"""One lane of a shard, pure: its records in order, one batch at a time, tried again as Lambda documents it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from infra.local.stream_source_records import INVOCATION_BYTES, Batch, SourceRecord, within_payload
from infra.local.stream_source_response import Failed, FailedFrom, NotInvoked, Outcome, Succeeded
from infra.local.stream_source_settings import SourceSettings

EXHAUSTED: Final = "RetryAttemptsExhausted"
TOO_OLD: Final = "RecordAgeExceeded"


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How long a batch waits before it is tried again: doubled each time, within a bound."""

    first_seconds: float = 0.1
    most_seconds: float = 10.0

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row."""
        return float(min(self.most_seconds, self.first_seconds * 2 ** min(failures - 1, 30)))


@dataclass(frozen=True, kw_only=True)
class Invoke:
    """Call the function with this batch."""

    batch: Batch


@dataclass(frozen=True, kw_only=True)
class Discard:
    """Tell the on-failure destination that this batch is given up."""

    batch: Batch
    condition: str


Step = Invoke | Discard


@dataclass(kw_only=True)
class Lane:
    """Where the records of some keys of a shard stand; a step must be settled before there is another."""

    settings: SourceSettings
    backoff: Backoff = Backoff()
    error: str = ""  # why its oldest batch is not done yet
    stuck: int = 0  # how often that batch failed since anything went on, or since it was forgiven
    _waiting: deque[SourceRecord] = field(default_factory=deque)
    _again: deque[Step] = field(default_factory=deque)
    _flying: Step | None = None
    _opened_at: float = 0.0
    _not_before: float = 0.0
    _in_a_row: int = 0

    def add(self, record: SourceRecord, *, now: float) -> None:
        """Take the next record."""
        if not self._waiting:
            self._opened_at = now
        self._waiting.append(record)

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return self._flying is not None

    @property
    def empty(self) -> bool:
        """Whether every record it was given is done."""
        return not (self._waiting or self._again or self.busy)

    def take(self, *, now: float, flush: bool) -> Step | None:
        """The next step that is due, which is under way from now on; `flush` closes the batching window."""
        if self.busy or now < self._not_before:
            return None
        if not self._again and self._is_due(now=now, flush=flush):
            self._again.append(Invoke(batch=self._gather()))
        if not self._again:
            return None
        self._flying = self._without_the_old(self._again.popleft(), now=now)
        return self._flying

    def settle(self, outcome: Outcome, *, now: float) -> Sequence[SourceRecord]:
        """What became of the step: `outcome` of the call, of which Succeeded also means told; what is done now."""
        step, self._flying, self._opened_at = self._flying, None, now
        if step is None:
            raise ValueError("nothing is under way")
        match outcome:
            case Succeeded():
                return self._went_on(step.batch.records)
            case NotInvoked(error=error, busy=busy):
                self._wait(error, now=now, counts=not busy)
                self._again.appendleft(step)
                return ()
            case FailedFrom(sequence_number=number):
                return self._failed_from(_invoked(step.batch), number, now=now)
            case Failed(error=error):
                self._failed(_invoked(step.batch), error, now=now)
                return ()

    def _failed_from(self, batch: Batch, number: str, *, now: float) -> Sequence[SourceRecord]:
        index = [record.sequence_number for record in batch.records].index(number)
        if index == 0:
            self._count(batch, "the function reported the first record of the batch", now=now)
            return ()
        # What went before is checkpointed: the rest is a batch of its own, with all its retries.
        done = self._went_on(batch.records[:index])
        rest = Batch(records=batch.records[index:], invocations=batch.invocations)
        self._wait("the function reported a record", now=now, counts=True)
        self._again.appendleft(Invoke(batch=rest))
        return done

    def _failed(self, batch: Batch, error: str, *, now: float) -> None:
        if self.settings.bisects and len(batch.records) > 1:
            # Splitting uses up no retry.
            middle = len(batch.records) // 2
            halves = (batch.records[:middle], batch.records[middle:])
            self._again.extendleft(Invoke(batch=replace(batch, records=half)) for half in reversed(halves))
            self.error = error
            return
        self._count(batch, error, now=now)

    def _count(self, batch: Batch, error: str, *, now: float) -> None:
        tried = replace(batch, failures=batch.failures + 1)
        limit = self.settings.maximum_retries
        if limit is not None and tried.failures > limit:
            self.error = error
            self._again.appendleft(Discard(batch=tried, condition=EXHAUSTED))
            return
        self._wait(error, now=now, counts=True)
        self._again.appendleft(Invoke(batch=tried))

    def _wait(self, error: str, *, now: float, counts: bool) -> None:
        self.error = error
        self.stuck += counts
        self._in_a_row += 1
        self._not_before = now + self.backoff.after(self._in_a_row)

    def _went_on(self, records: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
        self.error, self.stuck, self._in_a_row = "", 0, 0
        return records

    def _is_due(self, *, now: float, flush: bool) -> bool:
        if not self._waiting:
            return False
        window = self.settings.window_seconds
        full = len(self._waiting) >= self.settings.batch_size
        return full or flush or now - self._opened_at >= window or self._bytes() >= INVOCATION_BYTES

    def _bytes(self) -> int:
        return sum(record.payload_bytes for record in self._waiting)

    def _gather(self) -> Batch:
        count = within_payload(self._waiting, count=self.settings.batch_size)
        return Batch(records=tuple(self._waiting.popleft() for _ in range(count)))

    def _without_the_old(self, step: Step, *, now: float) -> Step:
        """`step`, or the giving up of its records that are too old, the others to follow."""
        age = self.settings.maximum_age_seconds
        if age is None or isinstance(step, Discard):
            return step
        old = [record for record in step.batch.records if now - record.arrived_at > age]
        if not old:
            return step
        # Records arrive in order: the old ones are the first.
        rest = step.batch.records[len(old) :]
        if rest:
            self._again.appendleft(Invoke(batch=replace(step.batch, records=rest)))
        return Discard(batch=replace(step.batch, records=step.batch.records[: len(old)]), condition=TOO_OLD)


def _invoked(batch: Batch) -> Batch:
    return replace(batch, invocations=batch.invocations + 1)
