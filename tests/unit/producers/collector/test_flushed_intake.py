"""Behind an HTTP API an answer waits until the stream has the events and the word of how many there were."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract.errors import ConfigurationError, TransientError
from producers.collector.flushed_intake import FlushedIntake
from producers.collector.intake import Line

pytestmark = pytest.mark.unit


@dataclass(slots=True)
class Acknowledged:
    is_acknowledged: bool = True


@dataclass(slots=True)
class FakeProducer:
    """Writes down what it was asked, in order."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    acknowledges: bool = True
    fails: Exception | None = None

    def send_raw_many(self, lines: Sequence[Line]) -> Acknowledged:
        self.asked.append(("send", *lines))
        return Acknowledged(self.acknowledges)

    def put_foreign(self, key: str, line: bytes) -> Acknowledged:
        self.asked.append(("foreign", key, line))
        return Acknowledged()

    def flush(self, timeout: float | None = None, *, checkpoint: bool = False) -> None:
        self.asked.append(("flush", timeout, checkpoint))
        if self.fails:
            raise self.fails


def accept(producer: FakeProducer, *, stamped: Sequence[Line], foreign: Sequence[Line], seconds: float = 20) -> None:
    asyncio.run(FlushedIntake(lambda: producer, remaining=lambda: seconds).accept(stamped, foreign))


def test_events_go_in_order_with_a_checkpoint_behind_them_before_the_answer() -> None:
    producer = FakeProducer()

    accept(producer, stamped=[("u-1", b"a\n"), ("u-2", b"b\n")], foreign=[("x", b"bad\n")])

    assert producer.asked == [
        ("send", ("u-1", b"a\n"), ("u-2", b"b\n")),
        ("foreign", "x", b"bad\n"),
        ("flush", 20, True),
    ]


def test_nothing_is_asked_of_the_stream_for_nothing() -> None:
    producer = FakeProducer()

    accept(producer, stamped=[], foreign=[])

    assert producer.asked == []


def test_a_stream_that_does_not_take_it_in_time_is_the_callers_to_wait_for() -> None:
    busy = TransientError("the stream is busy")

    with pytest.raises(TransientError, match="busy"):
        accept(FakeProducer(fails=busy, acknowledges=False), stamped=[("u-1", b"a\n")], foreign=[])


def test_half_of_a_request_is_none_of_it() -> None:
    given_up = TransientError("1 event was given up")

    with pytest.raises(TransientError, match="given up"):
        accept(FakeProducer(fails=given_up, acknowledges=False), stamped=[("u-1", b"a\n")], foreign=[("x", b"bad\n")])


def test_what_the_stream_has_is_accepted_though_another_requests_events_were_given_up() -> None:
    producer = FakeProducer(fails=TransientError("2 events were given up"))

    accept(producer, stamped=[("u-1", b"a\n")], foreign=[])

    assert [asked[0] for asked in producer.asked] == ["send", "flush"]


def test_a_stream_that_is_not_there_for_us_is_no_affair_of_the_clients() -> None:
    refusing = ConfigurationError("no stream of this name")

    with pytest.raises(TransientError, match="refuses"):
        accept(FakeProducer(fails=refusing), stamped=[("u-1", b"a\n")], foreign=[])


def test_a_request_whose_time_is_over_is_not_waited_for() -> None:
    with pytest.raises(TransientError, match="no time"):
        accept(FakeProducer(acknowledges=False), stamped=[("u-1", b"a\n")], foreign=[], seconds=0)
