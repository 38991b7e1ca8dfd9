"""What a producer with a spool promises while the stream is dead, and to whoever comes after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.codec import encode
from contract.errors import TransientError
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Outcome, Record
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import ClockAtNoon, sent_checkpoints, sent_events

pytestmark = pytest.mark.integration


class DeadStream(MemoryStream):
    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        raise TransientError(f"no route for {len(records)}")


def spooled(
    stream: MemoryStream,
    root: Path,
    producer_id: str = "web-1",
    *,
    ordered: bool = False,
    max_bytes: int = 100 * 1024 * 1024,
) -> EventProducer:
    return EventProducer(
        stream,
        clock=ClockAtNoon(),
        producer_id=producer_id,
        settings=ProducerSettings(linger=0.001, memory_bytes=1024 * 1024, batch_bytes=50_000, ordered=ordered),
        spool=SpoolDirectory(root, max_bytes=max_bytes, segment_bytes=65_536),
        jitter=lambda: 0.01,
    )


def folders(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def test_events_are_acknowledged_though_the_stream_is_dead_and_the_next_producer_delivers_them(tmp_path: Path) -> None:
    opened = spooled(DeadStream(), tmp_path)
    for number in range(20):
        opened.send(event(event_id=f"e-{number}")).wait(5)
    opened.close(0.05)
    assert folders(tmp_path) == ["web-1"]

    stream = MemoryStream()
    with spooled(stream, tmp_path, "web-2") as later:
        later.send(event(event_id="later"))
        wait_for_other_checkpoint(stream, "web-1")

    mine = [sent.producer_seq for sent in sent_events(stream) if sent.producer_id == "web-1"]
    assert mine == list(range(1, 21))
    assert {(c.producer_id, c.accepted, c.final) for c in sent_checkpoints(stream)} == {
        ("web-1", 20, True),
        ("web-2", 1, True),
    }
    assert folders(tmp_path) == []


def test_what_was_delivered_leaves_the_disk_while_the_producer_goes_on(tmp_path: Path) -> None:
    clock = ClockAtNoon()
    with spooled(MemoryStream(), tmp_path) as opened:
        opened.send(event())
        opened.flush(5)
        until = clock.monotonic() + 5
        while opened.metrics().spool_frames:
            assert clock.monotonic() < until
            clock.sleep(0.002)


def wait_for_other_checkpoint(stream: MemoryStream, producer_id: str) -> None:
    clock = ClockAtNoon()
    until = clock.monotonic() + 5
    while producer_id not in {c.producer_id for c in sent_checkpoints(stream)}:
        assert clock.monotonic() < until
        clock.sleep(0.002)


@pytest.mark.parametrize("ordered", [False, True])
def test_what_does_not_fit_into_memory_waits_on_disk_and_comes_back_in_order(tmp_path: Path, *, ordered: bool) -> None:
    stream = GatedStream()
    line = encode(event(properties={f"k{n}": "x" * 900 for n in range(10)}))

    with spooled(stream, tmp_path, ordered=ordered) as opened:
        for number in range(600):  # more than five times what memory holds
            receipt = opened.send_raw(f"u-{number % 3}", line)
        receipt.wait(10)
        held = opened.metrics()
        stream.open()

    assert held.held_bytes < 2 * 1024 * 1024
    assert held.spool_bytes > 5 * 1024 * 1024
    numbers = [sent.producer_seq or 0 for sent in sent_events(stream)]
    assert sorted(numbers) == list(range(1, 601))
    assert not ordered or numbers == list(range(1, 601))
    assert [(c.accepted, c.final) for c in sent_checkpoints(stream)][-1] == (600, True)
    assert folders(tmp_path) == []


def test_what_is_sent_at_the_last_moment_is_on_disk_when_close_returns(tmp_path: Path) -> None:
    opened = spooled(DeadStream(), tmp_path)
    receipts = [opened.send(event()) for _ in range(50)]

    opened.close(0)

    assert all(receipt.is_acknowledged for receipt in receipts)
    [orphan] = SpoolDirectory(tmp_path).adopt()
    assert orphan.accepted == 50


def test_when_disk_and_memory_are_full_and_the_stream_is_dead_the_receipts_fail_at_close(tmp_path: Path) -> None:
    opened = spooled(DeadStream(), tmp_path, max_bytes=100_000)
    line = encode(event(properties={f"k{n}": "x" * 900 for n in range(10)}))
    receipts = [opened.send_raw("u", line) for _ in range(40)]

    with pytest.raises(TransientError, match="closed before the stream or the disk took it"):
        opened.close(0.2)

    acknowledged = [receipt.producer_seq for receipt in receipts if receipt.is_acknowledged]
    given_up = [receipt for receipt in receipts if not receipt.is_acknowledged]
    assert acknowledged
    assert given_up
    for receipt in given_up:
        with pytest.raises(TransientError, match="closed before"):
            receipt.wait(0)
    stream = MemoryStream()
    with spooled(stream, tmp_path, "web-2"):
        wait_for_other_checkpoint(stream, "web-1")
    assert {e.producer_seq for e in sent_events(stream) if e.producer_id == "web-1"} == set(acknowledged)
