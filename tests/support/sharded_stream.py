"""A model of a stream that refuses, loses answers and reshards at random, and a driver of lanes against it."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from contract.errors import TransientError
from producers.sdk.lanes.lanes import Lanes
from producers.sdk.lanes.loads import Call, Load
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.limits import MAX_BYTES, MAX_RECORDS
from producers.sdk.memory import HASHES, hash_of, taken_apart
from producers.sdk.stream import Outcome, Record, Refused, Shard


class ShardedStream:
    """What it took, shard by shard, in order."""

    def __init__(self, rng: Random, *, trouble: float, lost_answers: float) -> None:
        self._rng = rng
        self._trouble = trouble
        self._lost_answers = lost_answers
        self._made = 1
        self.shards = [Shard("shard-0", 0, HASHES - 1)]
        self.taken: list[tuple[Shard, Record]] = []
        self.lost = 0  # records that were taken and whose answer was lost

    def reshard(self) -> None:
        """Split a shard, or merge two neighbours."""
        at = self._rng.randrange(len(self.shards))
        one = self.shards[at]
        if at + 1 < len(self.shards) and self._rng.random() < 0.4:
            self.shards[at : at + 2] = [self._new(one.first_hash, self.shards[at + 1].last_hash)]
        elif one.first_hash < one.last_hash:
            middle = self._rng.randrange(one.first_hash, one.last_hash)
            self.shards[at : at + 1] = [self._new(one.first_hash, middle), self._new(middle + 1, one.last_hash)]

    def put(self, records: list[Record]) -> list[Outcome]:
        is_lost = self._rng.random() < self._lost_answers
        outcomes = [self._one(record) for record in records]
        if is_lost:
            self.lost += sum(outcome.refused is None for outcome in outcomes)
            raise TransientError("the answer was lost")
        return outcomes

    def shard_of(self, record: Record) -> Shard:
        at = hash_of(record)
        return next(shard for shard in self.shards if shard.first_hash <= at <= shard.last_hash)

    def _new(self, first: int, last: int) -> Shard:
        self._made += 1
        return Shard(f"shard-{self._made}", first, last)

    def _one(self, record: Record) -> Outcome:
        if self._rng.random() < self._trouble:
            return Outcome(refused=self._rng.choice(list(Refused)))
        shard = self.shard_of(record)
        self.taken.append((shard, record))
        return Outcome(shard.id)

    def readable(self) -> dict[str, list[bytes]]:
        """The lines of each key that a strict reader gives out: it drops an aggregate with a key of another shard."""
        lines: dict[str, list[bytes]] = defaultdict(list)
        for shard, record in self.taken:
            within = taken_apart(record)
            if all(shard.first_hash <= hash_of(Record(one.key, b"")) <= shard.last_hash for one in within):
                for one in within:
                    lines[one.key].append(one.data)
        return dict(lines)


def drive(lanes: Lanes, stream: ShardedStream, loads: list[Load], rng: Random, *, reshards: float) -> list[Load]:
    """Give all loads to the lanes, with up to three calls under way, until nothing is left; what came back."""
    now, waiting, under_way, finished = 0.0, list(loads), list[Call](), list[Load]()
    while len(finished) < len(loads):
        now += rng.random() / 4
        if rng.random() < reshards:
            stream.reshard()
        if rng.random() < (0.4 if lanes.is_stale else 0.1):  # whoever asks for the map hears of it later
            lanes.remap(None if rng.random() < 0.2 else ShardMap(stream.shards))
        if waiting and rng.random() < 0.7:
            lanes.add(waiting.pop(0))
        if len(under_way) < 3 and (call := lanes.take(now)) is not None:
            assert len(call.packed) <= MAX_RECORDS
            assert sum(record.size for record in call.records) == call.size <= MAX_BYTES
            under_way.append(call)
        if under_way and rng.random() < 0.7:
            _settle(lanes, stream, under_way.pop(rng.randrange(len(under_way))), now, rng)
        finished += lanes.finished()
        assert now < 100_000, "nothing moves any more"
    return finished


def _settle(lanes: Lanes, stream: ShardedStream, call: Call, now: float, rng: Random) -> None:
    try:
        outcomes = stream.put(list(call.records))
    except TransientError as error:
        lanes.failed(call, error, now, rng.random)
    else:
        lanes.settle(call, outcomes, now, rng.random)
