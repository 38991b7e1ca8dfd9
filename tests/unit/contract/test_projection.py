"""What Personalize gets: the same values in files and in PutEvents."""

from __future__ import annotations

import pytest

from contract.projection import EXPORTED_TYPES, INTERACTIONS, epoch_seconds, interaction, is_exported, put_event

pytestmark = pytest.mark.unit

CLICK = {
    "event_id": "e-1",
    "event_type": "click",
    "occurred_at": "2026-11-23T09:30:00.999+01:00",
    "user_id": "u-1",
    "anonymous_id": "a-1",
    "item_id": "i-2",
    "value": 19.9,
    "recommendation_id": "RID-1",
    "impression": ["i-1", "i-2"],
}


def test_an_event_is_a_row_of_the_interactions_file() -> None:
    assert interaction(CLICK) == {
        "USER_ID": "u-1",
        "ITEM_ID": "i-2",
        "TIMESTAMP": 1_795_422_600,
        "EVENT_TYPE": "click",
        "EVENT_VALUE": 19.9,
        "IMPRESSION": "i-1|i-2",
        "RECOMMENDATION_ID": "RID-1",
    }


def test_the_same_event_is_an_entry_of_put_events_with_the_same_values() -> None:
    assert put_event(CLICK) == {
        "eventId": "e-1",
        "eventType": "click",
        "itemId": "i-2",
        "sentAt": 1_795_422_600,
        "eventValue": 19.9,
        "impression": ["i-1", "i-2"],
        "recommendationId": "RID-1",
    }


def test_what_an_event_lacks_is_empty_in_the_file_and_absent_in_put_events() -> None:
    bare = {name: CLICK[name] for name in ("event_id", "event_type", "occurred_at", "anonymous_id", "item_id")}

    assert interaction(bare) == {
        "USER_ID": "a-1",
        "ITEM_ID": "i-2",
        "TIMESTAMP": 1_795_422_600,
        "EVENT_TYPE": "click",
        "EVENT_VALUE": None,
        "IMPRESSION": None,
        "RECOMMENDATION_ID": None,
    }
    assert put_event(bare) == {"eventId": "e-1", "eventType": "click", "itemId": "i-2", "sentAt": 1_795_422_600}


def test_every_column_of_the_dataset_is_filled() -> None:
    assert list(interaction(CLICK)) == [column.name for column in INTERACTIONS.columns]


def test_a_value_of_zero_is_a_value() -> None:
    assert interaction(CLICK | {"value": 0.0})["EVENT_VALUE"] == 0.0
    assert put_event(CLICK | {"value": 0.0})["eventValue"] == 0.0


def test_the_fraction_of_a_second_is_cut_before_1970_too() -> None:
    assert epoch_seconds("1969-12-31T23:59:59.500Z") == -1
    assert epoch_seconds("1970-01-01T00:00:00.999Z") == 0


@pytest.mark.parametrize("event_type", ["search", "impression", "remove_from_cart", "newsletter_opened"])
def test_types_that_are_not_declared_stay_here(event_type: str) -> None:
    assert not is_exported({"event_type": event_type})


@pytest.mark.parametrize("event_type", EXPORTED_TYPES)
def test_declared_types_go_unless_the_visitor_refuses(event_type: str) -> None:
    assert is_exported({"event_type": event_type})
    assert is_exported({"event_type": event_type, "consent": {"analytics": False}})
    assert not is_exported({"event_type": event_type, "consent": {"personalization": False}})
