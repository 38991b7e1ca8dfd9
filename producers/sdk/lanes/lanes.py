"""Which line goes into which record of which call, and what follows from the answer. Pure: no I/O, threads or clock."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf

from contract.errors import TransientError
from contract.joined import Joined
from producers.sdk.lanes.loads import Call, Load, Packed, Run
from producers.sdk.lanes.rates import Rate
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.lanes.shard_lane import ShardLane
from producers.sdk.lanes.single_lane import SingleLane
from producers.sdk.stream import Outcome, Refused

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0

Jitter = Callable[[], float]


@dataclass(slots=True)
class Counts:
    """Records but for `repeated`."""

    retried: int = 0
    throttled: int = 0
    repeated: int = 0  # lines sent again because their aggregate went to another shard than was meant


class Lanes:
    """Loads go in, calls come out, and a load comes back when each of its lines was delivered or given up.

    No line is lost. One is repeated only where a call's answer was lost, or where an aggregate went by a map that was
    no longer true: readers may drop an aggregate whose keys belong to another shard. `ordered`: the lines of one key
    arrive in their order (the first time, where they are repeated).
    """

    def __init__(self, *, aggregate_bytes: int, ordered: bool) -> None:
        self.counts = Counts()
        self.is_stale = False  # a record went elsewhere than the map says: it should be asked for again
        self._limit = aggregate_bytes
        self._ordered = ordered
        self._map: ShardMap | None = None
        self._version = 0
        self._rates: dict[str, Rate] = {}
        self._lanes: list[ShardLane | SingleLane] = [SingleLane(0, Rate(), ordered=ordered)]
        self._turn = 0  # the lane that is asked first
        self._homeless: list[Run] = []  # of aggregates that went elsewhere; they wait for the next map
        self._in_flight = 0
        self._waiting_map: list[ShardMap | None] = []
        self._failures = 0  # calls in a row
        self._paused_until = 0.0
        self._trouble = "the stream did not take it"
        self._abandoned: Exception | None = None
        self._finished: list[Load] = []

    @property
    def has_map(self) -> bool:
        return self._map is not None

    def add(self, load: Load) -> None:
        """Take a load; its lines go in order."""
        run = Run.whole(load)
        if self._abandoned is not None and load.deadline != inf:
            self._give_up([run], self._abandoned)
        else:
            self._route([run])

    def finished(self) -> list[Load]:
        """Loads of which nothing is left, each told once."""
        done, self._finished = self._finished, []
        return done

    def take(self, now: float) -> Call | None:
        """The next call, or None where nothing may go yet; see `wake_at`. Each call is to be settled."""
        self._give_up_late(now)
        if now < self._paused_until or self._is_held():
            return None
        call = Call()
        count = len(self._lanes)
        for n in range(count):
            self._lanes[(self._turn + n) % count].fill(call, now)
            if call.is_full:
                break
        self._turn = (self._turn + 1) % count
        self._in_flight += len(call.packed)
        return call if call.packed else None

    def wake_at(self, now: float) -> float | None:
        """When `take` may have something that only waits for its time."""
        if self._is_held():
            return None
        times = [at for lane in self._lanes if (at := lane.next_at(now)) is not None]
        return max(self._paused_until, min(times)) if times else None

    def settle(self, call: Call, outcomes: Sequence[Outcome], now: float, jitter: Jitter) -> None:
        """What became of a call's records."""
        self._failures = 0
        again: list[Packed] = []
        for packed, outcome in zip(call.packed, outcomes, strict=True):
            if (lane := self._lane_of(packed)) is not None:
                lane.landed(packed)
            if outcome.refused is not None:
                self._refused(packed, outcome.refused, now, jitter)
                again.append(packed)
            elif outcome.shard_id is not None and packed.shard_id not in {None, outcome.shard_id}:
                self._went_elsewhere(packed)
            else:
                self._delivered(packed)
        self._landed(call, again)

    def failed(self, call: Call, why: Exception, now: float, jitter: Jitter) -> None:
        """The call raised. What may be repeated is, the rest is given up; nothing goes before a pause is over."""
        self._failures += 1
        self._paused_until = now + _pause(self._failures, jitter)
        self._trouble = str(why)
        for packed in call.packed:
            if (lane := self._lane_of(packed)) is not None:
                lane.landed(packed)
            packed.attempts += 1
            packed.due = now
        can_repeat = isinstance(why, TransientError)
        keep = [p for p in call.packed if can_repeat or p.deadline == inf]
        if not can_repeat:
            self._give_up((run for p in call.packed if p.deadline != inf for run in p.runs), why)
        self.counts.retried += len(keep)
        self._landed(call, keep)

    def remap(self, shards: ShardMap | None) -> None:
        """Route by this map from now on; None: it is not known, single records go.

        The map that was found wrong, once more, is as good as none.
        """
        if shards is not None and self._map is not None and shards.shards == self._map.shards:
            if not self.is_stale:
                return
            shards = None
        self.is_stale = False
        if self._ordered and self._in_flight:
            self._waiting_map = [shards]
        else:
            self._apply(shards)

    def abandon(self, why: Exception) -> None:
        """Give up everything that has a deadline, what is in flight as it comes back."""
        self._abandoned = why
        runs = [*self._homeless, *(run for lane in self._lanes for run in lane.drained())]
        self._homeless = []
        self._route([run for run in runs if run.load.deadline == inf])
        self._give_up((run for run in runs if run.load.deadline != inf), why)

    def _is_held(self) -> bool:
        return bool(self._waiting_map) or (self._ordered and bool(self._homeless))

    def _lane_of(self, packed: Packed) -> ShardLane | SingleLane | None:
        return self._lanes[packed.lane] if packed.version == self._version else None

    def _delivered(self, packed: Packed) -> None:
        for run in packed.runs:
            self._settled(run)

    def _settled(self, run: Run) -> None:
        run.load.left -= len(run.places)
        if not run.load.left:
            self._finished.append(run.load)

    def _refused(self, packed: Packed, why: Refused, now: float, jitter: Jitter) -> None:
        self.counts.retried += 1
        if why is Refused.THROTTLED:
            self.counts.throttled += 1
            if (lane := self._lane_of(packed)) is not None:
                lane.rate.refused(now)
        packed.attempts += 1
        packed.due = now + _pause(packed.attempts, jitter)
        self._trouble = "the stream is throttled" if why is Refused.THROTTLED else "the stream refused it"

    def _went_elsewhere(self, packed: Packed) -> None:
        if packed.version == self._version and not self._waiting_map:
            self.is_stale = True
        if packed.lines == 1:  # a plain record is right wherever its key takes it
            self._delivered(packed)
            return
        self.counts.repeated += packed.lines
        if self.is_stale or self._waiting_map:
            self._homeless += packed.runs
        else:
            self._route(packed.runs, first=True)

    def _landed(self, call: Call, again: Iterable[Packed]) -> None:
        self._in_flight -= len(call.packed)
        for packed in again:
            if self._abandoned is not None and packed.deadline != inf:
                self._give_up(packed.runs, self._abandoned)
            elif (lane := self._lane_of(packed)) is not None:
                lane.retry(packed)
            else:
                self._route(packed.runs, first=True)
        if self._waiting_map and not self._in_flight:
            self._apply(self._waiting_map.pop())

    def _apply(self, shards: ShardMap | None) -> None:
        runs = [*self._homeless, *(run for lane in self._lanes for run in lane.drained())]
        self._homeless = []
        self._map = shards
        self._version += 1
        self._turn = 0
        if shards is None:
            self._lanes = [SingleLane(self._version, Rate(), ordered=self._ordered)]
        else:
            self._lanes = [
                ShardLane(
                    number,
                    self._version,
                    shard.id,
                    self._rates.setdefault(shard.id, Rate()),
                    limit=self._limit,
                    ordered=self._ordered,
                )
                for number, shard in enumerate(shards.shards)
            ]
        self._route(runs)

    def _route(self, runs: Iterable[Run], *, first: bool = False) -> None:
        found: dict[int, list[Run]] = {}
        for run in runs:
            for number, part in self._parts(run):
                found.setdefault(number, []).append(part)
        for number, parts in found.items():
            if first:
                self._lanes[number].add_first(parts)
                continue
            for part in parts:
                self._lanes[number].add(part)

    def _parts(self, run: Run) -> Iterable[tuple[int, Run]]:
        if self._map is None:
            return [(0, run)]
        keys, places = run.load.keys, run.places
        if len(places) == len(keys):
            found = self._map.by_lane(keys)
        else:
            numbers = self._map.by_lane(Joined.of([keys[place] for place in places]))
            found = [array("I", map(places.__getitem__, some)) for some in numbers]
        return [(number, Run(run.load, some)) for number, some in enumerate(found) if some]

    def _give_up_late(self, now: float) -> None:
        for lane in self._lanes:
            if late := lane.expired(now):
                self._give_up(late, TransientError(f"given up at its deadline; {self._trouble}"))

    def _give_up(self, runs: Iterable[Run], why: Exception) -> None:
        for run in runs:
            run.load.failures.update(dict.fromkeys(run.places, why))
            self._settled(run)


def _pause(attempts: int, jitter: Jitter) -> float:
    return jitter() * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (min(attempts, 30) - 1))
