"""A world of one shard for Lambda's Kinesis event source: records, a clock that is moved, a function that is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from infra.local.stream_source import Position, ShardSource
from infra.local.stream_source_lane import Discard
from infra.local.stream_source_records import Batch, SourceRecord
from infra.local.stream_source_response import Outcome, Succeeded
from infra.local.stream_source_settings import SourceSettings

Responds = Callable[[Batch], Outcome]
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:realtime"


def record(number: int, *, key: str = "key", data: str = "ZGF0YQ==", arrived_at: float = 0.0) -> SourceRecord:
    """The record whose sequence number is `number`."""
    return SourceRecord(
        shard="shard-0", sequence_number=f"{number:05d}", partition_key=key, data=data, arrived_at=arrived_at
    )


def settings(
    *,
    batch_size: int = 100,
    window_seconds: float = 0.0,
    lanes: int = 1,
    maximum_retries: int | None = None,
    maximum_age_seconds: float | None = None,
    bisects: bool = False,
) -> SourceSettings:
    """A mapping that reports failures."""
    return SourceSettings(
        uuid="mapping",
        function_arn=FUNCTION,
        stream_arn=STREAM,
        batch_size=batch_size,
        window_seconds=window_seconds,
        lanes=lanes,
        maximum_retries=maximum_retries,
        maximum_age_seconds=maximum_age_seconds,
        bisects=bisects,
        reports_failures=True,
    )


def numbers(records: Sequence[SourceRecord]) -> list[int]:
    return [int(each.sequence_number) for each in records]


@dataclass(kw_only=True)
class Shard:
    """Drives a source: `responds` says what each call comes to; the clock moves on when nothing is due."""

    source: ShardSource
    responds: Responds
    now: float = 0.0
    calls: list[list[int]] = field(default_factory=list)
    discarded: list[tuple[list[int], str]] = field(default_factory=list)

    @classmethod
    def of(cls, how: SourceSettings, responds: Responds) -> Shard:
        return cls(source=ShardSource(how, start=Position()), responds=responds)

    def round(self, *, flush: bool = False) -> int:
        """Take every step that is due; how many there were."""
        steps = self.source.steps(now=self.now, flush=flush)
        for taken in steps:
            outcome: Outcome = Succeeded()
            if isinstance(taken.step, Discard):
                self.discarded.append((numbers(taken.step.batch.records), taken.step.condition))
            else:
                self.calls.append(numbers(taken.step.batch.records))
                outcome = self.responds(taken.step.batch)
            self.source.settle(taken.lane, outcome, now=self.now)
        return len(steps)

    def run(self, *, rounds: int = 10_000) -> None:
        """Until everything is done."""
        for _ in range(rounds):
            if self.source.unfinished == 0:
                return
            if not self.round(flush=True):
                self.now += 1.0
        raise AssertionError(f"not through: {self.calls[-3:]}")
