"""Events through a producer without a spool: durable is what Kinesis has, and each answer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from contract.errors import TransientError
from producers.collector.intake import Line


class Acknowledgement(Protocol):
    """What is asked of `producers.sdk.receipts.Receipt`."""

    @property
    def is_acknowledged(self) -> bool: ...


class Producer(Protocol):
    """What is asked of `producers.sdk.producer.EventProducer`."""

    def send_raw_many(self, lines: Sequence[Line]) -> Acknowledgement: ...

    def put_foreign(self, key: str, line: bytes) -> Acknowledgement: ...

    def flush(self, timeout: float | None = None, *, checkpoint: bool = False) -> None: ...


class FlushedIntake:
    """For a process that may be stopped between two requests, as AWS stops a Lambda environment, without a word.

    So each answer waits for the stream, and for a final checkpoint behind the events, which a later one supersedes.
    """

    def __init__(self, producer: Producer, *, remaining: Callable[[], float]) -> None:
        """`remaining`: seconds until the request under way must be answered."""
        self._producer = producer
        self._remaining = remaining

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        """Raises `TransientError` where the stream does not have all of it in time."""
        if not stamped and not foreign:
            return
        receipts = [self._producer.send_raw_many(stamped)] if stamped else []
        receipts += [self._producer.put_foreign(key, line) for key, line in foreign]
        await asyncio.to_thread(self._flush)
        if any(not receipt.is_acknowledged for receipt in receipts):
            raise TransientError("the stream gave events up; send them again")

    def _flush(self) -> None:
        left = self._remaining()
        if left <= 0:
            raise TransientError("no time is left to wait for the stream")
        self._producer.flush(left, checkpoint=True)

    def trouble(self) -> str:
        """Whether it takes events shows with each request: there is nothing that could be full."""
        return ""

    def metrics(self) -> str:
        """None: nobody can ask one environment of many. What is worth knowing is in the log, as EMF."""
        return ""
