"""Whether an event is plausible is asked by the clock of now, whatever became of it since the last event."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from contract.times import format_instant
from producers.sdk.clock import SystemClock
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from tests.factories import event

pytestmark = pytest.mark.unit


class SlowClock(SystemClock):
    """It takes its time to say what time it is, and may be set."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        time.sleep(0.03)
        return super().now() + self.ahead


def test_the_first_events_of_many_threads_are_all_plausible() -> None:
    stream = MemoryStream()
    made = event(occurred_at=format_instant(datetime.now(UTC)))

    with EventProducer(stream, clock=SlowClock(), producer_id="web-1") as opened, ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(opened.send, [made] * 8))

    assert all(receipt.is_acknowledged for receipt in receipts)


def test_an_event_of_now_is_plausible_though_the_clock_was_just_set() -> None:
    clock = SlowClock()
    with EventProducer(MemoryStream(), clock=clock, producer_id="web-1") as opened:
        opened.send(event(occurred_at=format_instant(clock.now())))
        clock.ahead = timedelta(days=2)

        receipt = opened.send(event(occurred_at=format_instant(clock.now())))

    assert receipt.producer_seq == 2
