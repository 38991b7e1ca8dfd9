"""Events through a producer that lives as long as the server: each answer waits for its own acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from contract.errors import ConfigurationError, TransientError
from producers.collector.intake import Line
from producers.sdk.metrics import Snapshot, prometheus


class Producer(Protocol):
    """What is asked of `producers.sdk.producer.EventProducer`, told to raise where its memory is full."""

    def send_raw_many(self, lines: Sequence[Line]) -> Awaitable[None]: ...

    def put_foreign(self, key: str, line: bytes) -> Awaitable[None]: ...

    def metrics(self) -> Snapshot: ...


class ProducerIntake:
    """Acknowledged is what the producer's spool has; without one, what Kinesis has."""

    def __init__(
        self, producer: Producer, *, answer_seconds: float, memory_bytes: int, can_write: Callable[[], bool]
    ) -> None:
        """`answer_seconds`: after so long a client is told to come again. `can_write`: whether the spool can be."""
        self._producer = producer
        self._answer_seconds = answer_seconds
        self._memory_bytes = memory_bytes
        self._can_write = can_write

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        receipts = [self._producer.send_raw_many(stamped)] if stamped else []
        receipts += [self._producer.put_foreign(key, line) for key, line in foreign]
        try:
            async with asyncio.timeout(self._answer_seconds):
                for receipt in receipts:
                    await receipt
        except TimeoutError as error:
            raise TransientError(f"not acknowledged within {self._answer_seconds} s") from error
        except ConfigurationError as error:  # the stream's name or grants; it is in the producer's log
            raise TransientError("the stream refuses") from error

    def trouble(self) -> str:
        if not self._can_write():
            return "the spool cannot be written"
        if self._producer.metrics().held_bytes >= self._memory_bytes * 0.9:
            return "memory is almost full of events that are not delivered"
        return ""

    def metrics(self) -> str:
        return prometheus(self._producer.metrics())
