"""A stream in memory that refuses as it is told."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.kpl import deaggregate
from producers.sdk.stream import Outcome, Record, Refused, Shard

HASHES = 2**128


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a call goes: the positions it refuses, and why; what it raises after it took the others."""

    refuses: frozenset[int] = frozenset()
    refused: Refused = Refused.THROTTLED
    raises: Exception | None = None


class MemoryStream:
    """Answers as the script says, call by call; takes everything once the script is over."""

    def __init__(self, script: Iterable[Answer] = (), *, shards: int = 1) -> None:
        self._script = iter(script)
        self._lock = threading.Lock()
        self._shards = even_shards(shards)
        self.records: list[Record] = []
        self.calls: list[int] = []  # records asked to be put, a call

    @property
    def lines(self) -> list[Record]:
        """What was put, every aggregate taken apart."""
        return [line for record in self.records for line in taken_apart(record)]

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        with self._lock:
            answer = next(self._script, Answer())
            self.calls.append(len(records))
            self.records += [r for at, r in enumerate(records) if at not in answer.refuses]
            if answer.raises is not None:
                raise answer.raises
            return [
                Outcome(refused=answer.refused) if at in answer.refuses else Outcome(self._shard_of(r))
                for at, r in enumerate(records)
            ]

    def shards(self) -> Sequence[Shard]:
        return self._shards

    def _shard_of(self, record: Record) -> str:
        at = hash_of(record)
        return next(shard.id for shard in self._shards if shard.first_hash <= at <= shard.last_hash)


def even_shards(count: int) -> list[Shard]:
    """`count` shards that share the hashes evenly, as a new stream's do."""
    bounds = [HASHES * n // count for n in range(count + 1)]
    return [Shard(f"shardId-{n:012}", bounds[n], bounds[n + 1] - 1) for n in range(count)]


def hash_of(record: Record) -> int:
    """Where Kinesis puts the record."""
    if record.hash_key is not None:
        return int(record.hash_key)
    return int.from_bytes(hashlib.md5(record.key.encode(), usedforsecurity=False).digest(), "big")


def taken_apart(record: Record) -> list[Record]:
    """The records within an aggregate, or the record itself where it is none."""
    within = deaggregate(record.data)
    if within is None:
        return [record]
    return [Record(sub.partition_key, sub.data, sub.explicit_hash_key) for sub in within]
