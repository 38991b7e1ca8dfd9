"""What a receipt promises to threads and to event loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest

from contract.errors import ConfigurationError, TransientError
from producers.sdk.producer import EventProducer
from producers.sdk.receipts import Batch, ManyReceipt, Receipt
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import PLAUSIBLE, producer

pytestmark = pytest.mark.unit


def receipts(count: int) -> tuple[Batch, list[Receipt]]:
    batch = Batch(0.0)
    return batch, [Receipt(batch, place, b"{}\n") for place in range(count)]


def test_those_that_failed_raise_what_went_wrong_and_the_others_do_not() -> None:
    batch, (first, second, third) = receipts(3)
    both = ManyReceipt(batch, 0, b"", [b"{}\n", b"{}\n"])

    batch.settle({1: TransientError("given up")})

    assert [r.is_acknowledged for r in (first, second, third, both)] == [True, False, True, False]
    first.wait(0)
    for receipt in (second, both):
        with pytest.raises(TransientError, match="given up"):
            receipt.wait(0)


def test_each_who_asks_gets_an_error_of_his_own() -> None:
    batch, [receipt] = receipts(1)
    batch.settle({0: ConfigurationError("no such stream")})
    caught = []
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no such stream") as raised:
            receipt.wait()
        caught.append(raised.value)

    assert caught[0] is not caught[1]


def test_numbers_of_what_failed_leave_out_the_lines_that_took_none() -> None:
    batch = Batch(0.0, first=11)
    batch.foreign = [0, 2]  # lines: foreign, 11, foreign, 12, 13

    batch.settle(dict.fromkeys([0, 1, 4], TransientError("x")))

    assert list(batch.withdrawn()) == [11, 13]


def test_a_thread_waits_until_it_is_settled() -> None:
    batch, [receipt] = receipts(1)
    done = threading.Event()

    def wait() -> None:
        receipt.wait(5)
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not done.wait(0.02)

    batch.settle({})

    assert done.wait(5)
    waiting.join()


class CountingLoop(asyncio.SelectorEventLoop):
    calls = 0

    def call_soon_threadsafe(  # type: ignore[override]  # typeshed's is variadic in its types
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        self.calls += 1
        return super().call_soon_threadsafe(callback, *args, context=context)


def test_a_loop_is_woken_once_however_many_of_its_tasks_wait() -> None:
    batch, found = receipts(500)

    async def wait_for(receipt: Receipt) -> None:
        await receipt

    async def all_of_them() -> None:
        tasks = [asyncio.ensure_future(wait_for(receipt)) for receipt in found]
        await asyncio.sleep(0)
        thread = threading.Thread(target=batch.settle, args=({},))
        thread.start()
        await asyncio.gather(*tasks)
        thread.join()

    loop = CountingLoop()
    loop.run_until_complete(all_of_them())
    loop.close()

    assert loop.calls == 1


def test_a_task_that_is_cancelled_while_it_waits_hurts_nobody() -> None:
    stream = GatedStream()

    async def cancelled_and_others(opened: EventProducer) -> list[bool]:
        found = [opened.send(event()) for _ in range(3)]
        tasks = [asyncio.ensure_future(wait_for(receipt)) for receipt in found]
        await asyncio.sleep(0.005)
        tasks[1].cancel()
        stream.open()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), asyncio.CancelledError, type(None)]
        return [receipt.is_acknowledged for receipt in found]

    async def wait_for(receipt: Receipt) -> None:
        await receipt

    async def run() -> list[bool]:
        async with producer(stream) as opened:
            return await cancelled_and_others(opened)

    assert asyncio.run(run()) == [True, True, True]
    assert len(stream.events(PLAUSIBLE)) == 3


def test_a_loop_that_was_closed_meanwhile_keeps_nobody_from_delivering() -> None:
    batch, [receipt] = receipts(1)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(batch.settled())), 0.001)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(give_up())
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    batch.settle({})

    assert receipt.is_acknowledged


class LoopThatCloses(asyncio.SelectorEventLoop):
    """Closed just after it was asked."""

    def is_closed(self) -> bool:
        return False


def test_a_loop_that_closes_just_then_keeps_nobody_from_delivering() -> None:
    batch, [receipt] = receipts(1)
    loop = LoopThatCloses()
    waiting = loop.create_task(batch.settled())
    loop.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    batch.settle({})

    assert receipt.is_acknowledged


def test_what_is_settled_already_is_awaited_at_once() -> None:
    batch, [receipt] = receipts(1)
    batch.settle({})

    async def wait() -> bool:
        await receipt
        return receipt.is_acknowledged

    assert asyncio.run(wait())
