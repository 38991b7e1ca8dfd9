"""The limits of Kinesis PutRecords, and those that a writer of batches keeps."""

from __future__ import annotations

from dataclasses import dataclass

from contract.checkpoints import INTERVAL_SECONDS
from contract.errors import ConfigurationError
from contract.events import MAX_LINE_BYTES

MAX_RECORDS = 500  # Kinesis API reference, PutRecords: a call
MAX_BYTES = 5 * 1024 * 1024  # a call, partition keys included
MAX_RECORD_BYTES = 1024 * 1024  # a record, its partition key included
LARGEST_EVENT = MAX_LINE_BYTES + 1 + 4 * 256  # the newline, and a key of 256 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is buffered never exceeds one call: `records` and `bytes`. Times are in seconds.

    Raises `ConfigurationError` for a limit that the stream, or an event of full size, would not fit.
    """

    records: int = MAX_RECORDS
    bytes: int = MAX_BYTES
    attempts: int = 8
    first_pause: float = 0.1
    longest_pause: float = 10.0
    max_age: float = 1.0

    def __post_init__(self) -> None:
        _within("records", self.records, 1, MAX_RECORDS)
        _within("bytes", self.bytes, LARGEST_EVENT, MAX_BYTES)
        _within("attempts", self.attempts, 1, 100)
        _within("first_pause", self.first_pause, 0, self.longest_pause)
        _within("max_age", self.max_age, 0, INTERVAL_SECONDS)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigurationError(f"limit {name} is {value}; choose from {low} to {high}")
