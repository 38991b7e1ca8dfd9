"""What `EventProducer` promises: accepted is numbered, acknowledged, delivered, and said on the stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.codec import Event, Plausible, decode, encode
from contract.errors import ConfigurationError, InvalidEvent, TransientError
from contract.ranges import Ranges
from producers.sdk.clock import Clock, SystemClock
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.producer import EARLIEST, EventProducer
from producers.sdk.settings import Overflow, ProducerSettings
from producers.sdk.stream import Outcome, Record, Refused, Shard, Stream
from tests.factories import NOW, FakeClock, event
from tests.support.gated_stream import GatedStream

pytestmark = pytest.mark.unit

PLAUSIBLE = Plausible(EARLIEST, NOW + timedelta(hours=24))
BUSY = Answer(refuses=frozenset(range(500)), refused=Refused.FAILED)
QUICK = ProducerSettings(linger=0.001)


class ClockAtNoon(SystemClock):
    """The calendar stands still, time goes on."""

    def now(self) -> datetime:
        return NOW


def producer(
    stream: Stream, clock: Clock | None = None, chosen: ProducerSettings = QUICK, jitter: float = 0.01
) -> EventProducer:
    return EventProducer(
        stream, clock=clock or ClockAtNoon(), producer_id="web-1", settings=chosen, jitter=lambda: jitter
    )


def sent_events(stream: MemoryStream) -> list[Event]:
    return [decode(r.data, PLAUSIBLE) for r in stream.lines if parse_checkpoint(r.data) is None]


def sent_checkpoints(stream: MemoryStream) -> list[Checkpoint]:
    return [c for r in stream.lines if (c := parse_checkpoint(r.data)) is not None]


def test_an_accepted_event_is_stamped_and_reaches_the_stream_as_a_line_under_its_visitor() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        receipt = opened.send(event(event_id="e-1"))
        receipt.wait(5)

    line = (
        b'{"event_id":"e-1","event_type":"view","occurred_at":"2026-11-23T09:00:00Z","user_id":"u-1",'
        b'"item_id":"i-1","producer_id":"web-1","producer_seq":1}\n'
    )
    assert (receipt.line, receipt.producer_seq, receipt.is_acknowledged) == (line, 1, True)
    assert stream.lines[0] == Record("u-1", line)


@pytest.mark.parametrize("made", [event(), event(properties={"a": 1, "b": "ü"}, value=2.5, impression=("i-1",))])
def test_the_stamp_is_where_the_contract_would_have_written_it(made: Event) -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        line = opened.send(made).line

    read = decode(line, PLAUSIBLE)
    assert (read.producer_id, read.producer_seq) == ("web-1", 1)
    assert encode(read) == line


def test_a_line_that_the_caller_checked_is_numbered_as_an_event_is() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        one = opened.send_raw("u-1", encode(event(event_id="e-1")))
        several = opened.send_raw_many([("u-2", encode(event(event_id=f"e-{n}"))) for n in (2, 3)])

    assert (one.producer_seq, several.producer_seq) == (1, 3)
    assert one.line + several.line == b"".join(line.data for line in stream.lines[:3])
    assert [(e.event_id, e.producer_seq) for e in sent_events(stream)] == [("e-1", 1), ("e-2", 2), ("e-3", 3)]


def test_a_foreign_line_goes_as_it_is_and_takes_no_number() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        foreign = opened.put_foreign("x", b"\xff{broken")
        opened.send(event())

    assert (foreign.is_acknowledged, foreign.producer_seq, foreign.line) == (True, None, b"\xff{broken")
    assert stream.lines[0] == Record("x", b"\xff{broken")
    assert [c.accepted for c in sent_checkpoints(stream)] == [1]


def test_an_event_of_now_is_one_call() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.track("view", user_id="u-1", item_id="i-1").wait(5)

    [sent] = sent_events(stream)
    assert (sent.event_type, sent.user_id, sent.occurred_at) == ("view", "u-1", "2026-11-23T09:30:00.000Z")


def test_an_unknown_visitor_is_the_key_until_the_login() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.send(event(user_id=None, anonymous_id="a-1"))
        opened.send(event(user_id="u-1", anonymous_id="a-1"))

    assert [r.key for r in stream.lines] == ["a-1", "u-1", "web-1"]


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (event(item_id=None), "item_id.for_type"),
        (event(user_id=None), "identity.any"),
        (event(user_id="null"), "user_id.refused"),
        (event(occurred_at="yesterday"), "occurred_at.format"),
        (event(occurred_at="2026-11-24T09:30:00.001Z"), "occurred_at.latest"),
        (event(occurred_at="1994-12-31T23:59:59Z"), "occurred_at.earliest"),
        (event(item_id=7), "item_id.type"),
        (event(item_id="\ud83d"), "line.text"),
        (event(value=float("nan")), "value.range"),
        (event(properties={"a": float("inf")}), "properties.type"),
        (event(properties={"a": "x" * 1_001}), "properties.length"),
        (event(impression=tuple("abcdefghijklmnopqrstuvwxyz")), "impression.count"),
    ],
)
def test_a_bad_event_is_refused_at_the_door_and_takes_no_number(bad: Event, rule: str) -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.send(event())
        with pytest.raises(InvalidEvent) as caught:
            opened.send(bad)
        opened.send(event())

    assert caught.value.rule == rule
    assert [e.producer_seq for e in sent_events(stream)] == [1, 2]
    assert [c.accepted for c in sent_checkpoints(stream)] == [2]


def test_a_line_that_the_stamp_makes_too_long_is_refused_and_takes_no_number() -> None:
    stream = MemoryStream()
    line = b'{"a":"' + b"x" * 65_500 + b'"}\n'

    with producer(stream) as opened:
        with pytest.raises(InvalidEvent, match=r"line\.size"):
            opened.send_raw("u", line)
        with pytest.raises(InvalidEvent, match=r"line\.size"):
            opened.send_raw_many([("u", line)])

    assert [c.accepted for c in sent_checkpoints(stream)] == [0]


@pytest.mark.parametrize("line", [b"", b"{}", b'{"a":1}', b"[]\n", b'{"a":1}\r\n'])
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with producer(MemoryStream()) as opened:
        with pytest.raises(ValueError, match="one JSON object and its newline"):
            opened.send_raw("u", line)
        with pytest.raises(ValueError, match="one JSON object and its newline"):
            opened.send_raw_many([("u", line)])


def test_an_event_with_a_stamp_is_not_stamped_over() -> None:
    with producer(MemoryStream()) as opened, pytest.raises(ValueError, match="without them"):
        opened.send(event(producer_id="other", producer_seq=1))


def test_a_producer_id_that_no_event_may_carry_stops_at_start() -> None:
    with pytest.raises(ConfigurationError, match="1 to 64"):
        EventProducer(MemoryStream(), clock=FakeClock(), producer_id="web 1")


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_events": 0},
        {"aggregate_bytes": 1024 * 1024},
        {"memory_bytes": 1_000},
        {"senders": 0},
        {"linger": -1},
        {"overflow": "explode"},
    ],
)
def test_a_setting_that_would_not_work_stops_at_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="choose from"):
        ProducerSettings(**wrong)


class Told:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **facts: object) -> None:
        self.lines.append(f"{event} {facts.get('trouble', '')}".strip())

    def warning(self, event: str, **_: object) -> None:
        self.lines.append(event)


def test_a_trouble_is_one_line_in_the_log_and_its_end_another() -> None:
    log, stream = Told(), MemoryStream([BUSY] * 5)
    opened = EventProducer(
        stream, clock=SystemClock(), producer_id="web-1", settings=QUICK, log=log, jitter=lambda: 0.01
    )

    for _ in range(50):
        opened.track("view", user_id="u", item_id="i")
    opened.close()

    assert log.lines == ["stream_refuses", "trouble_over stream_refuses"]
