"""What a producer may be told; the defaults suit a service of some thousand events a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from contract.checkpoints import INTERVAL_SECONDS
from contract.errors import ConfigurationError
from producers.sdk.limits import MAX_RECORD_BYTES

Overflow = Literal["block", "raise", "drop"]
_MIB = 1024 * 1024
_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerSettings:
    """Times are in seconds, sizes in bytes. Raises `ConfigurationError` for what would not work."""

    linger: float = 0.02
    """How long the first event of a batch waits for others."""
    batch_events: int = 5_000
    """A batch with so many events waits no longer. With a spool, a batch is written and synced at once."""
    batch_bytes: int = _MIB
    aggregate: bool = True
    """Pack events of one shard into one record, in the Kinesis Producer Library's format."""
    aggregate_bytes: int = 51_200
    ordered: bool = False
    """Keep the order of each visitor's events: each shard has one record under way, not many."""
    senders: int = 2
    """Threads, each with one call under way."""
    memory_bytes: int = 64 * _MIB
    """All that is held and not yet on the stream (or, with a spool, on disk)."""
    overflow: Overflow = "block"
    """When memory is full: `block` the caller, `raise` TransientError, or `drop` the event: its receipt fails."""
    delivery_seconds: float = 120.0
    """Without a spool an event is given up after so long; its receipt fails. With one, never."""
    checkpoint_every: float = INTERVAL_SECONDS
    close_seconds: float = 120.0
    """How long `close` waits where it is not told."""

    def __post_init__(self) -> None:
        _within("linger", self.linger, 0, INTERVAL_SECONDS)
        _within("batch_events", self.batch_events, 1, 100_000)
        _within("batch_bytes", self.batch_bytes, 1, 64 * _MIB)
        _within("aggregate_bytes", self.aggregate_bytes, 1_024, MAX_RECORD_BYTES - 1_024)  # and the key
        _within("senders", self.senders, 1, 64)
        _within("memory_bytes", self.memory_bytes, _MIB, 1024 * _MIB * 64)
        _within("delivery_seconds", self.delivery_seconds, 0.01, _DAY)  # 0 would give up each event at once
        _within("checkpoint_every", self.checkpoint_every, 0, INTERVAL_SECONDS)
        _within("close_seconds", self.close_seconds, 0, _DAY)
        if self.overflow not in get_args(Overflow):
            raise ConfigurationError(f"overflow is {self.overflow!r}; choose from {', '.join(get_args(Overflow))}")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigurationError(f"setting {name} is {value}; choose from {low} to {high}")
