"""What goes to the stream, and what every stream promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes and the partition key by which they find their shard, or the hash key that says it outright."""

    key: str
    data: bytes
    hash_key: str | None = None  # decimal, 0 to 2**128 - 1

    @property
    def size(self) -> int:
        """Bytes, the key included, as Kinesis counts them."""
        return len(self.key.encode()) + len(self.data)


class Refused(Enum):
    """Why a record was not taken. Either may be put again."""

    THROTTLED = auto()  # its shard takes no more for now
    FAILED = auto()  # anything else


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: the shard that has it, where the stream says so, or why it was refused."""

    shard_id: str | None = None
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """An open shard and the hashes that are its own, both ends included."""

    id: str
    first_hash: int
    last_hash: int


class Stream(Protocol):
    """Where records go: Kinesis in the cloud, memory in tests. May be called by several threads at once."""

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        """Write what it can in one call; an outcome for each record, in order.

        Raises `TransientError` where it cannot be known which were written: all may be put again.
        Raises `ConfigurationError` where no repetition will help.
        """
        ...

    def shards(self) -> Sequence[Shard]:
        """The open shards, in the order of their hashes. Raises as `put` does."""
        ...
