"""Lambda's Kinesis event source, pure: a shard's records in, steps to take out, and the place to remember."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.local.stream_source_lane import Backoff, Lane, Step
from infra.local.stream_source_records import SourceRecord
from infra.local.stream_source_response import Outcome
from infra.local.stream_source_settings import SourceSettings

_BATCHES_AHEAD: Final = 2  # read ahead, so that a hot key's lane does not keep the others waiting


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where to read on: after a sequence number, or, without one, from a time in epoch seconds on."""

    after: str = ""
    since: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LaneStep:
    """A step to take, and whose it is."""

    lane: int
    step: Step


class ShardSource:
    """One shard for one function: in order per lane, and a checkpoint behind which everything is done."""

    def __init__(self, settings: SourceSettings, *, start: Position, backoff: Backoff | None = None) -> None:
        self.settings = settings
        self.checkpoint = start  # what a restart reads on from
        self.read_to = start
        self.caught_up = False  # whether the last read came to the end of the shard
        waits = backoff or Backoff()
        self.lanes = [Lane(settings=settings, backoff=waits) for _ in range(settings.lanes)]
        self._open: deque[str] = deque()
        self._done: set[str] = set()

    def wanted(self) -> int:
        """How many records to read now; 0 while enough of them wait."""
        most = self.settings.batch_size * len(self.lanes) * _BATCHES_AHEAD
        return max(0, most - len(self._open))

    @property
    def unfinished(self) -> int:
        """The records that were read and are not done."""
        return len(self._open) - len(self._done)

    def add(self, records: Sequence[SourceRecord], *, now: float) -> None:
        """Take the records that follow `read_to`; none of them: that is the end for now."""
        self.caught_up = not records
        for record in records:
            self._open.append(record.sequence_number)
            self.lanes[lane_of(record.partition_key, len(self.lanes))].add(record, now=now)
            self.read_to = Position(after=record.sequence_number)

    def steps(self, *, now: float, flush: bool = False) -> list[LaneStep]:
        """What is due now; each step is settled before its lane has another."""
        taken = ((number, lane.take(now=now, flush=flush)) for number, lane in enumerate(self.lanes))
        return [LaneStep(lane=number, step=step) for number, step in taken if step is not None]

    def settle(self, lane: int, outcome: Outcome, *, now: float) -> bool:
        """What became of a lane's step; whether the checkpoint went on."""
        self._done.update(record.sequence_number for record in self.lanes[lane].settle(outcome, now=now))
        before = self.checkpoint
        while self._open and self._open[0] in self._done:
            number = self._open.popleft()
            self._done.remove(number)
            self.checkpoint = Position(after=number)
        return self.checkpoint != before

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return any(lane.busy for lane in self.lanes)


def lane_of(partition_key: str, lanes: int) -> int:
    """The lane of a key: always the same, so that a key's records stay in order."""
    if lanes == 1:
        return 0
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") % lanes
