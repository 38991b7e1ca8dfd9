"""What waits for one shard, packed into aggregates as it is taken. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from contract.kpl_write import pack_picked
from producers.sdk.lanes.loads import Call, Packed, Run
from producers.sdk.lanes.rates import Rate
from producers.sdk.stream import Record


class ShardLane:
    """Lines of one shard. Ordered: one record at a time, and behind one that waits for its retry nothing else."""

    def __init__(self, number: int, version: int, shard_id: str, rate: Rate, *, limit: int, ordered: bool) -> None:
        self.rate = rate
        self._place = (number, version, shard_id)
        self._limit = limit
        self._ordered = ordered
        self._runs: deque[Run] = deque()
        self._retries: list[Packed] = []
        self._in_flight = 0

    def add(self, run: Run) -> None:
        self._runs.append(run)

    def add_first(self, runs: Sequence[Run]) -> None:
        """Ahead of what waits."""
        self._runs.extendleft(reversed(runs))

    def fill(self, call: Call, now: float) -> None:
        """Move what may go now into the call, retries first."""
        self._retries = [p for p in self._retries if p.due > now or self._is_over(call) or not self._goes(call, p, now)]
        if self._runs and not (self._ordered and self._retries):
            self._fill_with_new(call, now)

    def _fill_with_new(self, call: Call, now: float) -> None:
        if self.rate.ready_at(now) > now or self._is_over(call):
            return
        waiting = [(run.load.keys, run.load.lines, run.places) for run in self._runs]
        all_at_once = not self._ordered and not self.rate.is_known
        for data, count in pack_picked(waiting, self._limit, all_at_once=all_at_once):
            if not self._goes(call, self._packed(data, count), now):
                break
            self._cut(count)
            if self._is_over(call):
                break

    def _is_over(self, call: Call) -> bool:
        return call.is_full or (self._ordered and self._in_flight > 0)

    def _goes(self, call: Call, packed: Packed, now: float) -> bool:
        if not call.has_room(packed.size) or self.rate.ready_at(now) > now:
            return False
        self.rate.spend(packed.size, now)
        self._in_flight += 1
        call.add(packed)
        return True

    def _packed(self, data: bytes, count: int) -> Packed:
        first = self._runs[0]
        key = first.load.keys[first.places[0]]
        number, version, shard_id = self._place
        return Packed(
            record=Record(key.decode(), data),
            size=len(key) + len(data),
            runs=tuple(self._first(count)),
            lane=number,
            version=version,
            shard_id=shard_id,
        )

    def _first(self, count: int) -> Iterator[Run]:
        for run in self._runs:
            if count <= 0:
                return
            yield run if len(run.places) <= count else run.split(count)[0]
            count -= len(run.places)

    def _cut(self, count: int) -> None:
        while count:
            run = self._runs.popleft()
            if len(run.places) > count:
                self._runs.appendleft(run.split(count)[1])
                return
            count -= len(run.places)

    def landed(self, packed: Packed) -> None:  # noqa: ARG002 - a lane of single records asks which
        """It is not in flight any more."""
        self._in_flight -= 1

    def retry(self, packed: Packed) -> None:
        """Keep it for its time."""
        self._retries.append(packed)

    def next_at(self, now: float) -> float | None:
        """When something may go that waits for its time alone."""
        if self._ordered and self._in_flight:
            return None
        times = [packed.due for packed in self._retries]
        if self._runs and not (self._ordered and times):
            times.append(now)
        return max(self.rate.ready_at(now), min(times)) if times else None

    def expired(self, now: float) -> list[Run]:
        """Take out what is waiting still though its deadline is over."""
        late = [packed for packed in self._retries if packed.deadline <= now]
        if late:
            self._retries = [packed for packed in self._retries if packed.deadline > now]
        runs = [run for packed in late for run in packed.runs]
        while self._runs and self._runs[0].load.deadline <= now:
            runs.append(self._runs.popleft())
        return runs

    def drained(self) -> list[Run]:
        """Take everything out that waits, in order."""
        runs = [run for packed in self._retries for run in packed.runs] + list(self._runs)
        self._retries.clear()
        self._runs.clear()
        return runs
