"""What goes to the stream, and what every stream promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes and the partition key by which they find their shard. The bytes end in a newline."""

    key: str
    data: bytes

    @property
    def size(self) -> int:
        """Bytes, the key included, as Kinesis counts them."""
        return len(self.key.encode()) + len(self.data)


class Stream(Protocol):
    """Where records go: Kinesis in the cloud, memory in tests."""

    def put(self, records: Sequence[Record]) -> Sequence[Record]:
        """Write what it can in one call and return the records it refused, in order.

        Raises `TransientError` where it cannot be known which were written: all may be put again.
        Raises `ConfigurationError` where no repetition will help.
        """
        ...
