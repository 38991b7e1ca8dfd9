"""What fails holds back as little as it can: lines before it are settled, its record and the rest come again."""

from __future__ import annotations

import json

import pytest

from consumers.realtime.sending import Refused
from consumers.state_table import Item, MemoryState
from contract.codec import encode
from contract.errors import TransientError
from contract.stream_account import Place
from tests.factories import event
from tests.support.realtime_world import TRACKER, Faults, World, aggregated, record, records

pytestmark = pytest.mark.unit


def test_a_throttled_call_is_made_again_after_a_pause_with_jitter() -> None:
    world = World()
    world.fault = Faults(put_events=[TransientError("ThrottlingException")] * 3)

    assert world.deliver(records(event())) is None

    assert world.clock.sleeps == [0.05, 0.1, 0.2]
    assert world.metrics.reports[0].throttles == 3
    assert world.outcomes() == {"delivered": 1}


def test_what_comes_before_the_first_call_that_is_not_taken_is_settled() -> None:
    world = World()
    world.personalize.busy_for = {"u-3"}
    batch = records(*(event(user_id=f"u-{number}", event_id=f"e-{number}") for number in range(6)))

    assert world.deliver(batch) == "4"
    assert world.outcomes() == {"delivered": 3}

    world.personalize.busy_for = set()
    assert world.deliver(batch[3:]) is None
    assert world.outcomes() == {"delivered": 6}
    assert sorted(world.personalize.events) == [f"e-{number}" for number in range(6)]


def test_after_a_call_was_given_up_no_other_is_begun() -> None:
    world = World()
    world.personalize.busy_for = {"u-0"}

    assert world.deliver(records(*(event(user_id=f"u-{number}") for number in range(50)))) == "1"
    assert world.personalize.calls == []
    assert sum(world.clock.sleeps) <= 10


def test_a_record_of_which_a_part_is_settled_comes_again_and_the_part_is_skipped() -> None:
    world = World()
    world.personalize.busy_for = {"u-2"}
    packed = record(9, aggregated(*(encode(event(user_id=f"u-{number}")) for number in range(4))))

    assert world.deliver([packed]) == "9"
    assert world.outcomes() == {"delivered": 2}

    world.personalize.busy_for = set()
    assert world.deliver([packed]) is None
    assert world.outcomes() == {"delivered": 4}
    assert [account.first for account in world.store.accounts] == [Place(sequence=9), Place(sequence=9, sub=2)]


def test_nothing_is_begun_when_the_time_is_up() -> None:
    world = World()

    assert world.deliver(records(event(), event()), seconds=-1) == "1"
    assert (world.personalize.calls, world.outcomes()) == ([], {})


def test_nothing_is_settled_when_the_time_is_up_even_if_nothing_was_to_be_put() -> None:
    world = World(interactions_source="bulk")

    assert world.deliver(records(event(), b"junk"), seconds=-1) == "1"
    assert (world.quarantine.objects, world.outcomes()) == ({}, {})


@pytest.mark.parametrize("effect", ["read_watermark", "read_popularity", "read_users", "write_user", "settle"])
def test_a_busy_store_gives_the_batch_back_whole(effect: str) -> None:
    world = World()
    world.fault = Faults(**{effect: [TransientError("busy")]})
    batch = records(event(event_id="e-1"), event(event_id="e-2"))

    assert world.deliver(batch) == "1"
    assert world.outcomes() == {}

    assert world.deliver(batch) is None
    assert world.outcomes() == {"delivered": 2}
    assert world.users.items["u-1"]["session_events"] == 2


class BusyState(MemoryState):
    """A state table that cannot be read."""

    def get(self, pk: str, _sk: str) -> Item | None:
        raise TransientError(f"read {pk}: busy")


def test_a_state_table_that_does_not_say_which_tracker_there_is_gives_the_batch_back_and_is_named() -> None:
    world = World()
    world.state = BusyState()
    world.new_process()

    assert world.deliver(records(event())) == "1"
    assert (world.metrics.reports[0].why, world.metrics.reports[0].throttles) == ("read personalize: busy", 0)


def test_why_a_batch_is_given_back_names_nobody() -> None:
    world = World()
    world.fault = Faults(
        put_events=[
            TransientError("Value 'u-secret' at 'userId' of e-secret"),
            Refused("tracker t-1 takes nothing of u-secret, anonymous a-secret"),
            *[TransientError("u-secret is too much")] * 100,
        ]
    )

    assert world.deliver(records(event(user_id="u-secret", anonymous_id="a-secret", event_id="e-secret"))) == "1"
    assert world.metrics.reports[0].why == "… is too much"


def test_a_refused_quarantine_holds_back_its_record_and_what_follows_alone() -> None:
    world = World()
    world.fault = Faults(quarantine=[TransientError("SlowDown")])
    batch = records(event(event_id="e-1"), b"junk", event(event_id="e-2"))

    assert world.deliver(batch) == "2"
    assert (list(world.personalize.events), world.outcomes()) == (["e-1"], {"delivered": 1})

    assert world.deliver(batch[1:]) is None
    assert world.outcomes() == {"delivered": 2, "quarantined": 1}
    assert world.poison() == [("not_json", b"junk")]


def test_a_twin_that_was_faster_leaves_nothing_to_count() -> None:
    world = World()
    batch = records(event(event_id="e-1"), event(event_id="e-2"))
    twin = World()
    twin.store, twin.personalize, twin.users = world.store, world.personalize, world.users
    twin.new_process()
    world.fault = Faults(settle=[lambda: twin.deliver(batch)])

    assert world.deliver(batch) == "1"
    assert world.deliver(batch) is None
    assert world.outcomes() == {"delivered": 2}


def test_a_twin_with_less_poison_does_not_take_away_what_was_kept() -> None:
    world = World()
    batch = records(b"one", event(), b"two")
    world.deliver(batch)
    world.store.watermarks.clear()

    world.deliver(batch[:2])

    assert world.poison() == [("not_json", b"one"), ("not_json", b"two")]


def test_an_event_that_personalize_refuses_is_found_among_its_neighbours_and_kept() -> None:
    world = World()
    world.personalize.refuses = lambda entry: "1 validation error" if entry["eventId"] == "e-4" else None
    events = [event(event_id=f"e-{number}") for number in range(10)]

    assert world.deliver(records(*events)) is None

    assert world.outcomes() == {"delivered": 9, "quarantined": 1}
    assert world.poison() == [("refused_by_personalize", encode(events[4]).rstrip(b"\n"))]
    assert world.quarantine.lines()[0]["rule"] == "1 validation error"
    assert sorted(world.personalize.events) == sorted({f"e-{number}" for number in range(10)} - {"e-4"})
    assert [row["event_id"] for row in json.loads(world.users.items["u-1"]["recent"])].count("e-4") == 0


def test_a_refused_event_that_cannot_be_kept_is_given_back() -> None:
    world = World()
    world.personalize.refuses = lambda entry: "no" if entry["eventId"] == "e-2" else None
    world.fault = Faults(quarantine=[TransientError("SlowDown")])
    batch = records(event(event_id="e-1"), event(event_id="e-2"), event(event_id="e-3"))

    assert world.deliver(batch) == "2"
    assert world.outcomes() == {"delivered": 1}


def test_without_a_tracker_what_needs_none_is_settled_and_the_rest_waits() -> None:
    world = World()
    world.state.delete("personalize", "resources")
    batch = records(event(event_type="search"), b"junk", event(event_id="e-1"), b"later")

    assert world.deliver(batch) == "3"
    assert world.outcomes() == {"excluded:type_not_exported": 1, "quarantined": 1}
    assert world.clock.sleeps == []

    world.state.put("personalize", "resources", {"value": json.dumps({"tracking_id": TRACKER})})
    assert world.deliver(batch[2:]) is None
    assert world.outcomes() == {"excluded:type_not_exported": 1, "quarantined": 2, "delivered": 1}


def test_a_tracker_that_was_made_anew_is_found_without_a_new_process() -> None:
    world = World()
    world.deliver(records(event(event_id="e-1")))
    world.personalize.tracking_id = "another"

    assert world.deliver(records(event(event_id="e-2"), first=2)) == "2"
    world.state.put("personalize", "resources", {"value": json.dumps({"tracking_id": "another"})})
    assert world.deliver(records(event(event_id="e-2"), first=2)) is None

    assert (list(world.personalize.events), world.poison()) == (["e-1", "e-2"], [])
