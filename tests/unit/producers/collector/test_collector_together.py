"""What is done once for many: events of one request, requests of one millisecond."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contract.codec import encode
from contract.events import EARLIEST
from producers.collector.core import Facts, Sorted, sort_events
from producers.collector.moments import Moments
from tests.factories import NOW, FakeClock, event
from tests.strategies import generated_lines

pytestmark = pytest.mark.unit


def test_events_of_one_request_are_sorted_as_each_alone_would_be() -> None:
    usual = [encode(event(event_id=str(number))).rstrip() for number in range(5)]
    late = encode(event(event_id="late", occurred_at="2026-11-23T12:00:00Z", sent_at="2026-11-23T12:00:01Z")).rstrip()
    bad = [line for line in generated_lines(seed=5, n=60) if b"\n" not in line]

    for lines in (usual, [*usual, late], [late, *usual], [*usual, encode(event(received_at=USUAL)).rstrip()], bad):
        assert sort_events(lines, Facts.of(NOW)) == together([sort_events([line], Facts.of(NOW)) for line in lines])


USUAL = "2026-11-23T09:00:00Z"


def together(each: list[Sorted]) -> Sorted:
    found = Sorted()
    for index, one in enumerate(each):
        found.stamped += one.stamped
        found.foreign += one.foreign
        found.rejected += [type(rejected)(index, rejected.reason, rejected.rule) for rejected in one.rejected]
    return found


def test_requests_of_one_millisecond_share_its_time() -> None:
    clock = FakeClock()
    moments = Moments(clock.now, EARLIEST)

    first = moments.facts()
    clock.pass_seconds(0.000_9)
    second = moments.facts()
    clock.pass_seconds(0.000_1)
    third = moments.facts()

    assert second is first
    assert first == Facts.of(NOW)
    assert third == Facts.of(NOW + timedelta(milliseconds=1))


def test_a_clock_that_was_set_back_is_believed() -> None:
    clock = FakeClock()
    moments = Moments(clock.now, EARLIEST)
    moments.facts()
    clock.pass_seconds(-60.0)

    assert moments.facts() == Facts.of(NOW - timedelta(seconds=60))
