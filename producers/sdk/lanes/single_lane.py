"""What goes as single records, each of which finds its shard by itself. Pure."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable

from contract.kpl_write import alone
from producers.sdk.lanes.loads import Call, Load, Packed, Run
from producers.sdk.lanes.rates import Rate
from producers.sdk.stream import Record


class SingleLane:
    """Lines of any shard. Ordered: of each key one record at a time, the next once it was taken."""

    def __init__(self, version: int, rate: Rate, *, ordered: bool) -> None:
        self.rate = rate
        self._version = version
        self._ordered = ordered
        self._waiting: deque[tuple[Load, int]] = deque()
        self._retries: list[Packed] = []
        self._busy: set[bytes] = set()  # keys of which a record is in flight or waits for its retry

    def add(self, run: Run) -> None:
        self._waiting.extend((run.load, place) for place in run.places)

    def add_first(self, runs: Iterable[Run]) -> None:
        """Ahead of what waits."""
        self._waiting.extendleft(reversed([(run.load, place) for run in runs for place in run.places]))

    def fill(self, call: Call, now: float) -> None:
        """Move what may go now into the call, retries first."""
        if self.rate.ready_at(now) > now:
            return
        self._retries = [p for p in self._retries if p.due > now or not self._goes(call, p, now)]
        passed_over: list[tuple[Load, int]] = []
        while self._waiting:
            load, place = self._waiting.popleft()
            if load.keys[place] in self._busy:
                passed_over.append((load, place))
            elif not self._goes(call, self._packed(load, place), now):
                self._waiting.appendleft((load, place))
                break
            elif self._ordered:
                self._busy.add(load.keys[place])
        self._waiting.extendleft(reversed(passed_over))

    def _goes(self, call: Call, packed: Packed, now: float) -> bool:
        if not call.has_room(packed.size) or self.rate.ready_at(now) > now:
            return False
        self.rate.spend(packed.size, now)
        call.add(packed)
        return True

    def _packed(self, load: Load, place: int) -> Packed:
        key, line = load.keys[place], load.lines[place]
        data = alone(key, line)
        return Packed(
            record=Record(key.decode(), data),
            size=len(key) + len(data),
            runs=(Run(load, array("I", [place])),),
            lane=0,
            version=self._version,
            shard_id=None,
        )

    def landed(self, packed: Packed) -> None:
        """It is not in flight any more."""
        [run] = packed.runs
        self._busy.discard(run.load.keys[run.places[0]])

    def retry(self, packed: Packed) -> None:
        """Keep it for its time."""
        if self._ordered:
            [run] = packed.runs
            self._busy.add(run.load.keys[run.places[0]])
        self._retries.append(packed)

    def next_at(self, now: float) -> float | None:
        """When something may go that waits for its time alone."""
        times = [packed.due for packed in self._retries]
        if any(load.keys[place] not in self._busy for load, place in self._waiting):
            times.append(now)
        return max(self.rate.ready_at(now), min(times)) if times else None

    def expired(self, now: float) -> list[Run]:
        """Take out what is waiting still though its deadline is over."""
        late = [packed for packed in self._retries if packed.deadline <= now]
        for packed in late:
            self._retries.remove(packed)
            self.landed(packed)
        runs = [run for packed in late for run in packed.runs]
        while self._waiting and self._waiting[0][0].deadline <= now:
            load, place = self._waiting.popleft()
            runs.append(Run(load, array("I", [place])))
        return runs

    def drained(self) -> list[Run]:
        """Take everything out that waits, in order."""
        runs = [run for packed in self._retries for run in packed.runs]
        runs += [Run(load, array("I", [place])) for load, place in self._waiting]
        self._retries.clear()
        self._waiting.clear()
        return runs
