"""Calls are made at the rate that is ours, again where Personalize was busy, and not for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.clock import SystemClock
from consumers.realtime.calls import Call
from consumers.realtime.tracker import Tracker, blames_tracker
from consumers.state_table import MemoryState
from consumers.token_bucket import BURST_SECONDS, TokenBucket
from contract.errors import TransientError
from tests.factories import FakeClock, event
from tests.support.realtime_world import Faults, World, records

pytestmark = pytest.mark.unit

FOREVER = float("inf")


@given(pauses=st.lists(st.floats(0, 3), max_size=60), rate=st.floats(0.5, 50))
def test_no_second_has_more_calls_than_the_rate_and_one_burst(pauses: list[float], rate: float) -> None:
    clock = FakeClock()
    bucket = TokenBucket(rate, clock)
    made = []
    for pause in pauses:
        clock.pass_seconds(pause)
        assert bucket.take(until=FOREVER)
        made.append(clock.monotonic())

    for at in made:
        assert sum(at <= other < at + 1 for other in made) <= rate * (1 + BURST_SECONDS) + 1 + 1e-6


def test_a_bucket_does_not_hold_back_what_is_within_the_rate() -> None:
    clock = FakeClock()
    bucket = TokenBucket(10, clock)
    for _ in range(20):
        clock.pass_seconds(0.11)
        assert bucket.take(until=FOREVER)

    assert clock.sleeps == []


def test_a_turn_that_comes_too_late_is_not_waited_for_and_not_used_up() -> None:
    clock = FakeClock()
    bucket = TokenBucket(1, clock)
    assert bucket.take(until=FOREVER)

    assert not bucket.take(until=0.4)
    assert clock.sleeps == []
    assert bucket.take(until=0.5)
    assert clock.sleeps == [0.5]


def test_threads_share_one_bucket() -> None:
    bucket = TokenBucket(1_000, SystemClock())
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: bucket.take(until=FOREVER), range(600)))

    assert bucket._next > 0


def test_a_large_batch_takes_the_time_that_the_rate_needs() -> None:
    world = World(rate=50)

    world.deliver(records(*(event(user_id=f"u-{number}") for number in range(200))))

    assert world.metrics.reports[0].put_events_calls == 200
    assert sum(world.clock.sleeps) == pytest.approx(200 / 50 - BURST_SECONDS, abs=0.1)


def test_pauses_double_up_to_two_seconds_and_a_call_is_given_up_after_ten() -> None:
    world = World()
    world.personalize.busy_for = {"u-1"}

    assert world.deliver(records(event())) == "1"
    assert world.clock.sleeps == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]
    assert world.metrics.reports[0].why == "ThrottlingException"


def test_a_call_is_given_up_before_the_invocation_ends() -> None:
    world = World()
    world.personalize.busy_for = {"u-1"}

    assert world.deliver(records(event()), seconds=1.0) == "1"
    assert world.clock.monotonic() < 1.0


def test_the_id_is_read_once_and_again_after_it_was_refused() -> None:
    state = MemoryState()
    tracker = Tracker(state)
    assert tracker.tracking_id() is None

    state.put("personalize", "resources", {"value": json.dumps({"datasets": {}})})
    assert tracker.tracking_id() is None
    state.put("personalize", "resources", {"value": json.dumps({"tracking_id": "t-1"})})
    assert tracker.tracking_id() == "t-1"
    state.put("personalize", "resources", {"value": json.dumps({"tracking_id": "t-2"})})
    assert tracker.tracking_id() == "t-1"

    tracker.forget("another")
    assert tracker.tracking_id() == "t-1"
    tracker.forget("t-1")
    assert tracker.tracking_id() == "t-2"


def call_with(**entry: Any) -> Call:
    made: Mapping[str, Any] = {"eventId": "e-1", "eventType": "view", "itemId": "i-1", "sentAt": 1, **entry}
    return Call(session_id="a-1", user_id="u-1", entries=(made,), numbers=(0,))


@pytest.mark.parametrize(
    ("message", "entry", "blamed"),
    [
        ("Invalid trackingId: no active event tracker has 3f0d.", {}, True),
        ("The dataset group of tracker arn:aws:x has no Interactions dataset.", {}, True),
        ("Invalid tracking ID", {"itemId": "tracker"}, True),
        ("Invalid trackingId: no active event tracker has 3f0d.", {"itemId": "r", "eventType": "track"}, True),
        ("1 validation error: itemId", {}, False),
        ("Value 'fitness-tracker-9' at 'eventList.1.itemId' failed", {"itemId": "fitness-tracker-9"}, False),
        ("Value 'tracker' at 'eventList.1.impression' failed", {"impression": ["i-1", "tracker"]}, False),
        ("", {}, False),
    ],
)
def test_a_refusal_is_the_trackers_fault_only_where_personalize_says_so(
    message: str,
    entry: dict[str, Any],
    blamed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert blames_tracker(message, call_with(**entry)) is blamed


def test_an_item_named_tracker_is_quarantined_when_it_is_refused() -> None:
    world = World()
    world.personalize.refuses = lambda entry: (
        f"Value '{entry['itemId']}' is bad" if entry["itemId"] == "tracker" else None
    )

    assert world.deliver(records(event(item_id="i-1"), event(item_id="tracker"))) is None
    assert world.outcomes() == {"delivered": 1, "quarantined": 1}


def test_a_culprit_is_searched_for_under_throttling_too() -> None:
    world = World()
    world.personalize.refuses = lambda entry: "no" if entry["eventId"] == "e-b" else None
    busy = TransientError("ThrottlingException")
    world.fault = Faults(put_events=[lambda: None, busy, busy, lambda: None, busy])

    assert world.deliver(records(event(event_id="e-a"), event(event_id="e-b"), event(event_id="e-c"))) is None
    assert world.outcomes() == {"delivered": 2, "quarantined": 1}
    assert sorted(world.personalize.events) == ["e-a", "e-c"]
