"""Events through a producer without a spool: durable is what Kinesis has, and each answer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from contract.errors import ConfigurationError, TransientError
from producers.collector.intake import Line


class Acknowledgement(Protocol):
    """What is asked of `producers.sdk.receipts.Receipt`."""

    @property
    def is_acknowledged(self) -> bool: ...


class Producer(Protocol):
    """What is asked of `producers.sdk.producer.EventProducer`, told to raise where its memory is full."""

    def send_raw_many(self, lines: Sequence[Line]) -> Acknowledgement: ...

    def put_foreign(self, key: str, line: bytes) -> Acknowledgement: ...

    def flush(self, timeout: float | None = None, *, checkpoint: bool = False) -> None: ...


class FlushedIntake:
    """For a process that may be stopped between two requests, as AWS stops a Lambda environment, without a word.

    So each answer waits for the stream, and for a final checkpoint behind the events, which a later one supersedes.
    """

    def __init__(self, opened: Callable[[], Producer], *, remaining: Callable[[], float]) -> None:
        """`opened`: asked once, when the first event comes. `remaining`: seconds until the request must be answered."""
        self._opened = cache(opened)
        self._remaining = remaining

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        """Raises `TransientError` where the stream does not have all of it in time."""
        if not stamped and not foreign:
            return
        producer = self._opened()
        receipts = [producer.send_raw_many(stamped)] if stamped else []
        receipts += [producer.put_foreign(key, line) for key, line in foreign]
        try:
            await asyncio.to_thread(self._flush, producer)
        except ConfigurationError as error:  # the stream's name or grants; it is in the producer's log
            raise TransientError("the stream refuses") from error
        except TransientError:
            # Perhaps it was the checkpoint, or an event of another request that was answered 503 long ago.
            if not all(receipt.is_acknowledged for receipt in receipts):
                raise

    def _flush(self, producer: Producer) -> None:
        left = self._remaining()
        if left <= 0:
            raise TransientError("no time is left to wait for the stream")
        producer.flush(left, checkpoint=True)

    def trouble(self) -> str:
        """Whether it takes events shows with each request: there is nothing that could be full."""
        return ""

    def metrics(self) -> str:
        """None: nobody can ask one environment of many."""
        return ""
