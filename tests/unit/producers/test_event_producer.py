"""What `EventProducer` promises: accepted is numbered, delivered at least once, and said on the stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.codec import Event, Plausible, decode
from contract.errors import ConfigurationError, InvalidEvent, TransientError
from producers.sdk.limits import Limits
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.producer import EARLIEST, EventProducer
from producers.sdk.stream import Record
from tests.factories import NOW, FakeClock, event

pytestmark = pytest.mark.unit

PLAUSIBLE = Plausible(EARLIEST, NOW + timedelta(hours=24))
BUSY = Answer(refuses=frozenset(range(500)))


def producer(stream: MemoryStream, clock: FakeClock | None = None, limits: Limits | None = None) -> EventProducer:
    return EventProducer(stream, clock=clock or FakeClock(), producer_id="web-1", limits=limits, jitter=lambda: 1.0)


def sent_events(stream: MemoryStream) -> list[Event]:
    return [decode(r.data, PLAUSIBLE) for r in stream.records if parse_checkpoint(r.data) is None]


def sent_checkpoints(stream: MemoryStream) -> list[Checkpoint]:
    return [c for r in stream.records if (c := parse_checkpoint(r.data)) is not None]


def test_an_accepted_event_is_stamped_and_reaches_the_stream_as_a_line_under_its_visitor() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        stamped = opened.send(event(event_id="e-1"))

    assert stamped == event(event_id="e-1", producer_id="web-1", producer_seq=1)
    assert stream.records[0] == Record(
        "u-1",
        b'{"event_id":"e-1","event_type":"view","occurred_at":"2026-11-23T09:00:00Z","user_id":"u-1",'
        b'"item_id":"i-1","producer_id":"web-1","producer_seq":1}\n',
    )


def test_an_unknown_visitor_is_the_key_until_the_login() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.send(event(user_id=None, anonymous_id="a-1"))
        opened.send(event(user_id="u-1", anonymous_id="a-1"))

    assert [r.key for r in stream.records] == ["a-1", "u-1", "web-1"]


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


def test_an_event_with_a_stamp_is_not_stamped_over() -> None:
    with producer(MemoryStream()) as opened, pytest.raises(ValueError, match="without them"):
        opened.send(event(producer_id="other", producer_seq=1))


def test_a_producer_id_that_no_event_may_carry_stops_at_start() -> None:
    with pytest.raises(ConfigurationError, match="1 to 64"):
        EventProducer(MemoryStream(), clock=FakeClock(), producer_id="web 1")


@given(
    events=st.integers(0, 40),
    records=st.integers(1, 7),
    refusals=st.lists(st.frozensets(st.integers(0, 6)), max_size=10),
    lost_answers=st.sets(st.integers(0, 9)),
)
def test_no_event_is_lost_and_no_call_is_over_the_limit(
    events: int, records: int, refusals: list[frozenset[int]], lost_answers: set[int]
) -> None:
    error = TransientError("the answer was lost")
    stream = MemoryStream(
        Answer(refuses=refuses, raises=error if at in lost_answers else None) for at, refuses in enumerate(refusals)
    )

    with producer(stream, limits=Limits(records=records, attempts=20)) as opened:
        for _ in range(events):
            opened.send(event())

    assert {e.producer_seq for e in sent_events(stream)} == set(range(1, events + 1))
    assert {c.accepted for c in sent_checkpoints(stream) if c.final} == {events}
    assert max(stream.calls) <= records


@given(events=st.integers(1, 60), every=st.integers(1, 20), refusals=st.lists(st.frozensets(st.integers(0, 6))))
def test_a_checkpoint_never_runs_ahead_of_the_events_that_it_covers(
    events: int, every: int, refusals: list[frozenset[int]]
) -> None:
    stream, clock = MemoryStream(Answer(refuses=refuses) for refuses in refusals), FakeClock()

    with producer(stream, clock, Limits(attempts=100, first_pause=0, checkpoint_every=every)) as opened:
        for _ in range(events):
            opened.send(event())
            clock.pass_seconds(1)

    delivered: set[int] = set()
    numbers = []
    for record in stream.records:
        checkpoint = parse_checkpoint(record.data)
        if checkpoint is None:
            delivered.add(decode(record.data, PLAUSIBLE).producer_seq or 0)
        else:
            assert delivered >= set(range(1, checkpoint.accepted + 1))
            numbers.append(checkpoint.number)
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_checkpoint_goes_out_every_minute_and_at_close() -> None:
    stream, clock = MemoryStream(), FakeClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))

    with producer(stream, clock) as opened:
        for _ in range(4):
            opened.send(event())
            clock.pass_seconds(30)

    first = Checkpoint(producer_id="web-1", number=1, accepted=2, at=NOW + timedelta(minutes=1), final=False)
    last = Checkpoint(producer_id="web-1", number=2, accepted=4, at=NOW + timedelta(minutes=2), final=True)
    assert sent_checkpoints(stream) == [first, last]


def test_a_stream_that_takes_nothing_refuses_the_next_event_and_keeps_those_accepted() -> None:
    stream = MemoryStream([BUSY] * 2)
    opened = producer(stream, limits=Limits(records=1, attempts=2))
    opened.send(event(event_id="e-1"))

    with pytest.raises(TransientError, match="1 records refused after 2 attempts; they are kept"):
        opened.send(event(event_id="e-2"))
    opened.send(event(event_id="e-3"))
    opened.close()

    assert [(e.event_id, e.producer_seq) for e in sent_events(stream)] == [("e-1", 1), ("e-3", 2)]


def test_pauses_between_attempts_double_up_to_the_longest_and_are_jittered() -> None:
    clock = FakeClock()
    draws = iter([1.0, 0.5, 1.0, 1.0])
    limits = Limits(attempts=5, first_pause=1, longest_pause=4)
    opened = EventProducer(
        MemoryStream([BUSY] * 4), clock=clock, producer_id="web-1", limits=limits, jitter=lambda: next(draws)
    )
    opened.send(event())

    opened.flush()

    assert clock.sleeps == [1.0, 1.0, 4.0, 4.0]


def test_an_old_buffer_is_delivered_before_the_next_event_is_taken() -> None:
    stream, clock = MemoryStream(), FakeClock()
    opened = producer(stream, clock, Limits(max_age=5))
    opened.send(event(event_id="e-1"))
    clock.pass_seconds(5)

    opened.send(event(event_id="e-2"))

    assert [e.event_id for e in sent_events(stream)] == ["e-1"]


def test_what_is_buffered_never_exceeds_the_bytes_of_a_call() -> None:
    stream = MemoryStream()
    limits = Limits(bytes=70_000)

    with producer(stream, limits=limits) as opened:
        for _ in range(20):
            opened.send(event(properties={f"k{n}": "é" * 1_000 for n in range(10)}))

    sizes = [r.size for r in stream.records]
    starts = [sum(stream.calls[:n]) for n in range(len(stream.calls))]
    calls = [sum(sizes[start : start + count]) for start, count in zip(starts, stream.calls, strict=True)]
    assert max(calls) <= limits.bytes
    assert min(stream.calls[:-2]) > 1


def test_closing_twice_is_closing_once() -> None:
    stream = MemoryStream()
    opened = producer(stream)

    opened.close()
    opened.close()

    assert [(c.accepted, c.final) for c in sent_checkpoints(stream)] == [(0, True)]
    with pytest.raises(ValueError, match="closed"):
        opened.send(event())


def test_a_close_that_failed_can_be_repeated_without_a_second_final_checkpoint() -> None:
    # The event goes through; the final checkpoint does not, at first.
    stream = MemoryStream([Answer(), BUSY, BUSY])
    opened = producer(stream, limits=Limits(attempts=2))
    opened.send(event())

    with pytest.raises(TransientError):
        opened.close()
    opened.close()

    assert [(c.number, c.accepted, c.final) for c in sent_checkpoints(stream)] == [(1, 1, True)]


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


@pytest.mark.parametrize("wrong", [{"records": 501}, {"bytes": 5_242_881}, {"bytes": 1_000}, {"attempts": 0}])
def test_a_limit_that_the_stream_or_an_event_would_not_fit_stops_at_start(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="choose from"):
        Limits(**wrong)
