"""What `EventProducer` takes: events and lines that are numbered, and what is refused at the door."""

from __future__ import annotations

import random
from typing import Any

import pytest

from contract.codec import Event, decode, encode
from contract.errors import ConfigurationError, InvalidEvent
from producers.sdk.clock import SystemClock
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Record
from tests.factories import FakeClock, event
from tests.support.producing import BUSY, PLAUSIBLE, QUICK, producer, sent_checkpoints, sent_events

pytestmark = pytest.mark.unit


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


@pytest.mark.parametrize("key", ["", "u" * 257])
def test_a_key_that_the_stream_would_refuse_with_the_whole_call_is_refused_at_the_door(key: str) -> None:
    stream = MemoryStream()
    line = encode(event())

    with producer(stream) as opened:
        for send in (
            opened.send_raw,
            opened.put_foreign,
            lambda key, line: opened.send_raw_many([("u", line), (key, line)]),
        ):
            with pytest.raises(ValueError, match=f"a partition key of {len(key)} characters; Kinesis takes 1 to 256"):
                send(key, line)

    assert [r.key for r in stream.lines] == ["web-1"]  # the final checkpoint


def test_the_longest_key_goes() -> None:
    stream = MemoryStream()

    with producer(stream) as opened:
        opened.send_raw("ü" * 256, encode(event()))

    assert [r.key for r in stream.lines] == ["ü" * 256, "web-1"]


def test_more_at_once_than_memory_takes_is_refused_whole() -> None:
    stream = MemoryStream()
    line = encode(event(properties={f"k{n}": "x" * 900 for n in range(50)}))
    many = [("u-1", line)] * (2**20 // len(line) + 1)

    with producer(stream, chosen=ProducerSettings(linger=0.001, memory_bytes=2**20)) as opened:
        with pytest.raises(ValueError, match="send at most 1048576 bytes at once"):
            opened.send_raw_many(many)
        opened.send_raw_many(many[1:])

    assert [c.accepted for c in sent_checkpoints(stream)] == [len(many) - 1]


def test_an_event_with_a_stamp_is_not_stamped_over() -> None:
    with producer(MemoryStream()) as opened, pytest.raises(ValueError, match="without them"):
        opened.send(event(producer_id="other", producer_seq=1))


def test_a_producer_id_that_no_event_may_carry_stops_at_start() -> None:
    with pytest.raises(ConfigurationError, match="1 to 64"):
        EventProducer(MemoryStream(), clock=FakeClock(), producer_id="web 1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_events": 0},
        {"aggregate_bytes": 1024 * 1024},
        {"memory_bytes": 1_000},
        {"senders": 0},
        {"linger": -1},
        {"delivery_seconds": 0},
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


class FullLog(Told):
    """What it is told it writes nowhere: the disk is full."""

    def info(self, event: str, **facts: object) -> None:
        raise OSError(event, facts)

    def warning(self, event: str, **facts: object) -> None:
        raise OSError(event, facts)


def test_a_log_that_fails_keeps_nothing_from_being_delivered() -> None:
    stream = MemoryStream([BUSY] * 5)
    chosen = ProducerSettings(linger=0.001, senders=1)

    with EventProducer(
        stream, clock=SystemClock(), producer_id="web-1", settings=chosen, log=FullLog(), jitter=lambda: 0.01
    ) as opened:
        opened.track("view", user_id="u", item_id="i").wait(5)

    assert [c.accepted for c in sent_checkpoints(stream) if c.final] == [1]


def test_an_applications_own_chance_is_left_alone() -> None:
    stream = MemoryStream([BUSY] * 2)
    before = random.getstate()

    with EventProducer(stream, clock=SystemClock(), producer_id="web-1", settings=QUICK) as opened:
        opened.track("view", user_id="u", item_id="i")

    assert stream.calls[2:]  # it was refused, and drew pauses
    assert random.getstate() == before
