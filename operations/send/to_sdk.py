"""The SDK as a load's target: a producer of this process, whose acknowledgements are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Protocol

from contract.errors import ClickstreamError
from operations.send.running import Line
from operations.send.tally import Answer


class Producer(Protocol):
    """What is asked of `producers.sdk.producer.EventProducer`."""

    def send_raw_many(self, lines: Sequence[Line]) -> Awaitable[None]: ...


class SdkTarget:
    """The producer must refuse what it has no room for: one that waited would hold up everything that falls due."""

    def __init__(self, producer: Producer, *, name: str) -> None:
        self.name = name
        self._producer = producer

    def send(self, lines: Sequence[Line]) -> asyncio.Future[Answer]:
        """Numbered and queued on return; the answer comes with the acknowledgement."""
        try:
            receipt = self._producer.send_raw_many(lines)
        except ClickstreamError as error:
            refused: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            refused.set_result(_failed(error))
            return refused
        return asyncio.ensure_future(_acknowledged(receipt, len(lines)))


async def _acknowledged(receipt: Awaitable[None], events: int) -> Answer:
    try:
        await receipt
    except ClickstreamError as error:
        return _failed(error)
    return Answer(accepted=events)


def _failed(error: ClickstreamError) -> Answer:
    """By its kind: the words name streams and numbers, and each would count as another failure."""
    return Answer(failure=type(error).__name__)
