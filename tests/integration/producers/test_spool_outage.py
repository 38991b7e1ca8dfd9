"""A stream that is away for long: what is acknowledged waits on disk, memory stays small, and all arrives after it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.errors import TransientError
from producers.sdk.clock import SystemClock
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Outcome, Record
from tests.factories import event
from tests.support.spools import PRODUCER, SMALL

pytestmark = pytest.mark.integration

EVENTS = 15_000
MEMORY = 1024 * 1024


class DistantStream(MemoryStream):
    """Can be reached at times."""

    _is_away = False

    @contextmanager
    def away(self) -> Iterator[None]:
        self._is_away = True
        yield
        self._is_away = False

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if self._is_away:
            raise TransientError("no stream")
        return super().put(records)


def test_events_wait_on_disk_while_the_stream_is_away_and_memory_stays_within_its_bound(tmp_path: Path) -> None:
    stream = DistantStream(shards=2)
    producer = EventProducer(
        stream,
        clock=SystemClock(),
        producer_id=PRODUCER,
        settings=ProducerSettings(linger=0.001, memory_bytes=MEMORY, overflow="raise", close_seconds=20),
        spool=SpoolDirectory(tmp_path, segment_bytes=SMALL),
        jitter=lambda: 0.01,
    )
    with producer, stream.away():
        for number in range(EVENTS):
            receipt = producer.send(event(user_id=f"u-{number}"))
            if number % 500 == 499:
                receipt.wait(10)
                assert producer.metrics().held_bytes <= MEMORY
        found = producer.metrics()

    lines = [json.loads(record.data) for record in stream.lines]
    assert (found.accepted, found.delivered, found.dropped) == (EVENTS, 0, 0)
    assert found.spool_bytes > 2 * MEMORY
    assert producer.metrics().held_bytes == 0
    assert sorted(line["producer_seq"] for line in lines if "producer_seq" in line) == list(range(1, EVENTS + 1))
    assert lines[-1]["checkpoint"]["accepted"] == EVENTS
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]
