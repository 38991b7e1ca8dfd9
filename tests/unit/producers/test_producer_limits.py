"""What `EventProducer` does when memory is full, when it is closed, and when the stream is dead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

import pytest

from contract.codec import encode
from contract.errors import TransientError
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import Overflow, ProducerSettings
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import BUSY, PLAUSIBLE, producer, sent_checkpoints, sent_events

pytestmark = pytest.mark.unit


@contextmanager
def full(overflow: Overflow, stream: GatedStream) -> Iterator[EventProducer]:
    """A producer that holds all that it may, and whose only call is under way."""
    chosen = ProducerSettings(linger=0, senders=1, batch_bytes=100_000, memory_bytes=1024 * 1024, overflow=overflow)
    opened = producer(stream, chosen=chosen)
    big = encode(event(properties={f"k{n}": "x" * 900 for n in range(20)}))
    opened.send_raw("u-1", big)
    assert stream.is_asked.wait(5)
    while opened.metrics().held_bytes < 1024 * 1024:
        opened.send_raw("u-1", big)
    yield opened
    stream.open()
    opened.close()


def test_when_memory_is_full_an_event_may_be_refused() -> None:
    stream = GatedStream()

    with full("raise", stream) as opened:
        number = opened.metrics().sent
        with pytest.raises(TransientError, match="the event was not taken"):
            opened.send(event())
        assert opened.metrics().sent == number
        assert opened.metrics().held_bytes < 1024 * 1024 + 150_000


def test_when_memory_is_full_an_event_may_be_dropped_and_is_counted() -> None:
    with full("drop", GatedStream()) as opened:
        receipts = [opened.send(event()), opened.send_raw_many([("u", encode(event()))]), opened.put_foreign("u", b"x")]

        for receipt in receipts:
            with pytest.raises(TransientError, match="the event was not taken"):
                receipt.wait()
        assert [receipt.producer_seq for receipt in receipts] == [None, None, None]
        assert opened.metrics().dropped == 3


def test_when_memory_is_full_a_caller_may_wait() -> None:
    stream, is_through = GatedStream(), Flag()

    with full("block", stream) as opened:

        def send() -> None:
            opened.send(event(event_id="blocked")).wait(5)
            is_through.set()

        Thread(target=send, daemon=True).start()
        assert not is_through.wait(0.05)
        stream.open()
        assert is_through.wait(5)

    assert "blocked" in {e.event_id for e in stream.events(PLAUSIBLE)}


def test_who_waits_for_room_when_it_is_closed_is_told() -> None:
    stream, told = GatedStream(), Flag()

    with full("block", stream) as opened:

        def send() -> None:
            with pytest.raises(ValueError, match="closed"):
                opened.send(event())
            told.set()

        Thread(target=send, daemon=True).start()
        time.sleep(0.02)
        Thread(target=opened.close, daemon=True).start()
        assert told.wait(5)


def test_closing_twice_is_closing_once() -> None:
    stream = MemoryStream()
    opened = producer(stream)

    opened.close()
    opened.close()

    assert [(c.accepted, c.final) for c in sent_checkpoints(stream)] == [(0, True)]
    with pytest.raises(ValueError, match="closed"):
        opened.send(event())
    with pytest.raises(ValueError, match="closed"):
        opened.put_foreign("u", b"x")


def test_a_close_that_failed_can_be_repeated_without_a_second_final_checkpoint() -> None:
    stream = GatedStream(passes=1)  # the event goes through; the final checkpoint does not, at first
    opened = producer(stream)
    opened.send(event()).wait(5)

    with pytest.raises(TransientError, match="close again"):
        opened.close(0.05)
    stream.open()
    opened.close(5)

    assert [(c.number, c.accepted, c.final) for c in stream.checkpoints()] == [(1, 1, True)]


def test_what_a_dead_stream_did_not_take_in_time_is_given_up_at_close() -> None:
    stream = MemoryStream([BUSY] * 1_000)
    opened = producer(stream, jitter=0.1)
    receipt = opened.send(event())

    with pytest.raises(TransientError, match="close again"):
        opened.close(0.05)

    with pytest.raises(TransientError, match="closed before the stream took it"):
        receipt.wait(5)


def test_after_an_exception_what_was_accepted_is_delivered_all_the_same() -> None:
    stream = MemoryStream()

    def fail_within() -> None:
        with producer(stream) as opened:
            opened.send(event())
            raise KeyError

    with pytest.raises(KeyError):
        fail_within()

    assert len(sent_events(stream)) == 1
    assert [c.accepted for c in sent_checkpoints(stream)] == [1]
