"""Events to entries and calls: ten at most, by visitor, the dataset's further columns as properties."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.property_names import camel_case
from consumers.realtime.calls import MAX_ENTRIES, Call, calls_of, session_of
from consumers.realtime.entries import OF_INTERACTIONS, Properties, TooLong, entry_of
from contract.codec import Event
from contract.errors import ConfigurationError
from contract.projection import INTERACTIONS, DatasetColumn
from tests.factories import event

pytestmark = pytest.mark.unit


def called(events: Sequence[Event]) -> list[Call]:
    return calls_of((number, one, entry_of(one)) for number, one in enumerate(events))


@given(
    visitors=st.lists(st.tuples(st.sampled_from([None, "u-1", "u-2"]), st.sampled_from(["a-1", "a-2"])), max_size=60)
)
def test_every_event_is_in_one_call_of_its_own_visitor_in_order(visitors: list[tuple[str | None, str]]) -> None:
    events = [event(user_id=user, anonymous_id=anonymous) for user, anonymous in visitors]

    calls = called(events)

    assert sorted(number for call in calls for number in call.numbers) == list(range(len(events)))
    for call in calls:
        assert 1 <= len(call.entries) <= MAX_ENTRIES
        assert list(call.numbers) == sorted(call.numbers)
        assert [entry["eventId"] for entry in call.entries] == [events[number].event_id for number in call.numbers]
        assert {(events[n].user_id, events[n].anonymous_id) for n in call.numbers} == {(call.user_id, call.session_id)}
    assert [call.numbers[0] for call in calls] == sorted(call.numbers[0] for call in calls)
    assert len(calls) == sum(-(-visitors.count(visitor) // MAX_ENTRIES) for visitor in set(visitors))


def test_many_events_of_one_visitor_are_calls_of_ten() -> None:
    assert [call.numbers for call in called([event() for _ in range(25)])] == [
        tuple(range(10)),
        tuple(range(10, 20)),
        tuple(range(20, 25)),
    ]


@pytest.mark.parametrize(
    ("ids", "session"),
    [
        ({"user_id": "u", "anonymous_id": "a", "session_id": "s"}, "a"),
        ({"user_id": None, "anonymous_id": "a", "session_id": "s"}, "a"),
        ({"user_id": "u", "session_id": "s"}, "s"),
        ({"user_id": "u"}, "u"),
    ],
)
def test_the_session_is_the_id_that_outlives_the_login(ids: dict[str, str | None], session: str) -> None:
    assert session_of(event(**ids)) == session


def test_a_visitor_who_is_not_known_has_no_user() -> None:
    [call] = called([event(user_id=None, anonymous_id="a-1")])

    assert (call.user_id, call.session_id) == (None, "a-1")


def test_one_by_one_is_the_same_in_calls_of_one() -> None:
    [call] = called([event(event_id="e-1"), event(event_id="e-2")])

    assert [(one.entries[0]["eventId"], one.numbers, one.user_id) for one in call.one_by_one()] == [
        ("e-1", (0,), "u-1"),
        ("e-2", (1,), "u-1"),
    ]


def test_today_every_column_is_a_member_of_its_own() -> None:
    assert Properties({}) == OF_INTERACTIONS
    assert "properties" not in entry_of(event())


def test_a_new_column_travels_as_a_property_in_camel_case() -> None:
    properties = Properties.of((*INTERACTIONS.columns, DatasetColumn(name="NUM_RATINGS", source="num_ratings")))

    assert properties.text({"USER_ID": "u", "NUM_RATINGS": 12}) == '{"numRatings":12}'
    assert properties.text({"USER_ID": "u", "NUM_RATINGS": None}) is None


@given(value=st.text(max_size=300))
def test_properties_are_json_whatever_a_value_holds(value: str) -> None:
    text = Properties({"DEVICE": "device"}).text({"DEVICE": value})

    assert text is not None
    assert json.loads(text) == {"device": value}


def test_more_than_personalize_takes_is_refused() -> None:
    properties = Properties({"PAGE": "page"})
    shell = len('{"page":""}')

    assert properties.text({"PAGE": "x" * (1_024 - shell)}) is not None
    with pytest.raises(TooLong, match="1025 characters"):
        properties.text({"PAGE": "x" * (1_025 - shell)})


@pytest.mark.parametrize("name", ["SESSION_ID", "SESSIONID"])
def test_a_column_that_personalize_forbids_as_a_property_is_our_mistake(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Properties.of([DatasetColumn(name=name, source="session_id")])


@pytest.mark.parametrize(
    ("column", "key"),
    [("PRICE", "price"), ("NUM_RATINGS", "numRatings"), ("A_B_C", "aBC"), ("GENRES_FIELD_1", "genresField1")],
)
def test_properties_are_named_as_personalize_names_them(column: str, key: str) -> None:
    assert camel_case(column) == key
