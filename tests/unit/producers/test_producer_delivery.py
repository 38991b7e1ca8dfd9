"""What `EventProducer` delivers: everything, in threads, in order, and with the checkpoints that say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Thread, current_thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.codec import decode
from contract.errors import ConfigurationError, TransientError
from contract.ranges import Ranges
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Outcome, Record, Refused, Shard
from tests.factories import NOW, FakeClock, event
from tests.support.gated_stream import GatedStream
from tests.support.producing import PLAUSIBLE, ClockAtNoon, producer, sent_checkpoints, sent_events

pytestmark = pytest.mark.unit


@settings(max_examples=20, deadline=None)
@given(
    events=st.integers(0, 40),
    batch=st.integers(1, 7),
    ordered=st.booleans(),
    refusals=st.lists(st.frozensets(st.integers(0, 6)), max_size=10),
    lost_answers=st.sets(st.integers(0, 9)),
)
def test_no_event_is_lost_and_each_receipt_says_so(
    events: int, batch: int, refusals: list[frozenset[int]], lost_answers: set[int], *, ordered: bool
) -> None:
    error = TransientError("the answer was lost")
    stream = MemoryStream(
        (
            Answer(refuses=refuses, refused=Refused.FAILED, raises=error if at in lost_answers else None)
            for at, refuses in enumerate(refusals)
        ),
        shards=2,
    )
    chosen = ProducerSettings(linger=0.0, batch_events=batch, ordered=ordered)

    with producer(stream, chosen=chosen, jitter=0.001) as opened:
        receipts = [opened.send(event(user_id=f"u-{number % 5}")) for number in range(events)]

    assert all(receipt.is_acknowledged for receipt in receipts)
    assert {e.producer_seq for e in sent_events(stream)} == set(range(1, events + 1))
    assert {c.accepted for c in sent_checkpoints(stream) if c.final} == {events}


@settings(max_examples=15, deadline=None)
@given(events=st.integers(1, 60), refusals=st.lists(st.frozensets(st.integers(0, 6)), max_size=20))
def test_a_checkpoint_never_runs_ahead_of_the_events_that_it_covers(
    events: int, refusals: list[frozenset[int]]
) -> None:
    stream = MemoryStream(Answer(refuses=refuses, refused=Refused.FAILED) for refuses in refusals)
    chosen = ProducerSettings(linger=0, batch_events=3, aggregate=False, checkpoint_every=0)

    with producer(stream, chosen=chosen, jitter=0.001) as opened:
        for _ in range(events):
            opened.send(event())

    delivered: set[int] = set()
    numbers = []
    for line in stream.lines:
        checkpoint = parse_checkpoint(line.data)
        if checkpoint is None:
            delivered.add(decode(line.data, PLAUSIBLE).producer_seq or 0)
        else:
            assert delivered >= set(range(1, checkpoint.accepted + 1))
            numbers.append(checkpoint.number)
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_a_checkpoint_goes_out_every_minute_and_at_close() -> None:
    stream, clock = MemoryStream(), FakeClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))

    with producer(stream, clock, ProducerSettings(senders=1)) as opened:
        for number in range(4):
            clock.pass_seconds(30 if number else 0)
            opened.send(event())
            opened.flush(5)

    first = Checkpoint(producer_id="web-1", number=1, accepted=2, at=NOW + timedelta(seconds=60), final=False)
    last = Checkpoint(producer_id="web-1", number=2, accepted=4, at=NOW + timedelta(seconds=90), final=True)
    assert sent_checkpoints(stream) == [first, last]


class RefusesTheFirstCheckpoint(MemoryStream):
    times = 0

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if self.times < 3 and any(b'"number":1,' in record.data for record in records):
            self.times += 1
            return [Outcome(refused=Refused.FAILED)] * len(records)
        return super().put(records)


def test_close_waits_for_a_checkpoint_that_is_still_under_way() -> None:
    stream = RefusesTheFirstCheckpoint()
    chosen = ProducerSettings(linger=0, aggregate=False, checkpoint_every=0)

    with producer(stream, chosen=chosen) as opened:
        opened.send(event()).wait(5)

    assert sorted(c.number for c in sent_checkpoints(stream)) == [1, 2]


def test_an_event_waits_for_others_and_flush_does_not() -> None:
    stream = MemoryStream()
    chosen = ProducerSettings(linger=30)

    with producer(stream, chosen=chosen) as opened:
        receipts = [opened.send(event()) for _ in range(3)]
        assert stream.calls == []
        opened.flush(5)
        assert (stream.calls, [receipt.is_acknowledged for receipt in receipts]) == ([1], [True] * 3)
        assert opened.accepted == 3


def test_a_full_batch_waits_for_nobody() -> None:
    stream = MemoryStream()

    with producer(stream, chosen=ProducerSettings(linger=30, batch_events=2)) as opened:
        first, second = opened.send(event()), opened.send(event())
        first.wait(5)
        second.wait(5)

    assert [len(sent_events(stream)), len(sent_checkpoints(stream))] == [2, 1]


def test_a_flush_that_takes_too_long_says_so_and_keeps_the_events() -> None:
    stream = GatedStream()

    with producer(stream) as opened:
        receipt = opened.send(event())
        with pytest.raises(TransientError, match=r"not everything is on the stream within 0.01 s; it is kept"):
            opened.flush(0.01)
        with pytest.raises(TransientError, match="not acknowledged within"):
            receipt.wait(0.01)
        assert not receipt.is_acknowledged
        stream.open()
        receipt.wait(5)


def test_a_flush_may_leave_a_final_checkpoint_which_a_later_one_supersedes() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.send(event())
        opened.flush(5, checkpoint=True)
        opened.send(event())

    assert [(c.number, c.accepted, c.final) for c in sent_checkpoints(stream)] == [(1, 1, True), (2, 2, True)]


class TakesOnlyCheckpoints(MemoryStream):
    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        is_checkpoint = [parse_checkpoint(record.data) is not None for record in records]
        super().put([record for record, taken in zip(records, is_checkpoint, strict=True) if taken])
        return [Outcome() if taken else Outcome(refused=Refused.FAILED) for taken in is_checkpoint]


def test_what_is_given_up_fails_its_receipts_and_the_checkpoint_tells_their_numbers() -> None:
    stream = TakesOnlyCheckpoints()
    opened = producer(stream, chosen=ProducerSettings(linger=0.001, delivery_seconds=0.05))

    lost = opened.send(event(event_id="e-1"))
    with pytest.raises(TransientError, match="given up at its deadline; the stream refused it"):
        lost.wait(5)
    with pytest.raises(TransientError, match="given up"):
        opened.close()

    assert not lost.is_acknowledged
    [final] = sent_checkpoints(stream)
    assert (final.accepted, final.withdrawn, final.final) == (1, Ranges.to(1), True)
    assert opened.metrics().withdrawn == 1


def test_a_stream_that_is_not_there_for_us_fails_the_receipts_and_the_flush() -> None:
    stream = MemoryStream([Answer(raises=ConfigurationError("no such stream"), refuses=frozenset({0}))])
    opened = producer(stream)

    receipt = opened.send(event())

    with pytest.raises(ConfigurationError, match="no such stream"):
        receipt.wait(5)
    with pytest.raises(ConfigurationError, match="no such stream"):
        opened.flush(5)
    opened.close(5)
    assert [c.withdrawn for c in sent_checkpoints(stream)] == [Ranges.to(1)]


def test_a_stream_that_breaks_in_an_unknown_way_keeps_nobody_waiting() -> None:
    stream = MemoryStream([Answer(raises=RuntimeError("odd"), refuses=frozenset({0}))])
    opened = producer(stream)

    for wait in (opened.send(event()).wait, opened.close):
        with pytest.raises(ConfigurationError, match="RuntimeError: odd"):
            wait(5)


class ClockThatStumbles(ClockAtNoon):
    """Breaks once in the thread that sends."""

    has_stumbled = False

    def monotonic(self) -> float:
        if current_thread().name.startswith("sender") and not self.has_stumbled:
            self.has_stumbled = True
            raise OSError("no clock")
        return super().monotonic()


def test_a_thread_that_stumbles_goes_on() -> None:
    clock, stream = ClockThatStumbles(), MemoryStream()

    with producer(stream, clock=clock, chosen=ProducerSettings(linger=0.001, senders=1)) as opened:
        opened.send(event()).wait(5)

    assert clock.has_stumbled
    assert len(sent_events(stream)) == 1


def test_several_threads_share_one_sequence_without_a_gap() -> None:
    stream = MemoryStream(shards=3)

    with producer(stream) as opened:
        threads = [Thread(target=lambda: [opened.send(event(user_id=f"u-{n}")) for n in range(200)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(e.producer_seq or 0 for e in sent_events(stream)) == list(range(1, 801))


def test_with_order_a_visitors_events_lie_in_their_order_though_the_stream_refuses() -> None:
    stream = MemoryStream([Answer(refuses=frozenset({0}), refused=Refused.FAILED)] * 3, shards=2)
    chosen = ProducerSettings(linger=0, batch_events=5, ordered=True)

    with producer(stream, chosen=chosen) as opened:
        for number in range(200):
            opened.send(event(user_id=f"u-{number % 4}"))

    seqs: dict[str | None, list[int]] = {}
    for sent in sent_events(stream):
        seqs.setdefault(sent.user_id, []).append(sent.producer_seq or 0)
    assert seqs == {user: sorted(numbers) for user, numbers in seqs.items()}


def test_a_stream_that_does_not_tell_its_shards_gets_single_records() -> None:
    class Secretive(MemoryStream):
        def shards(self) -> Sequence[Shard]:
            raise ConfigurationError("ListShards is denied")

    stream = Secretive()
    with producer(stream) as opened:
        for _ in range(3):
            opened.send(event())

    assert len(stream.records) == len(stream.lines) == 4
