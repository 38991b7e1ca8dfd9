"""Which columns become which fields, and which files are known without a word."""

from __future__ import annotations

import pytest

from contract.codec import Context, Event
from contract.errors import ConfigurationError
from contract.ids import replayed_id
from producers.replay.events import EventMaker
from producers.replay.mapping import Mapping, TimeUnit, recognised

pytestmark = pytest.mark.unit


def made(mapping: Mapping | None, **values: object) -> Event:
    assert mapping is not None
    return EventMaker(mapping, digest="d").event(values, 1)


def test_a_personalize_file_is_recognised_and_its_own_columns_become_properties() -> None:
    mapping = recognised(["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "IMPRESSION", "DEVICE"])

    event = made(
        mapping, USER_ID="7", ITEM_ID="9", TIMESTAMP="828124615", EVENT_TYPE="watch", EVENT_VALUE="4.5",
        IMPRESSION="9|8", DEVICE="tv",
    )  # fmt: skip

    assert event == Event(
        event_id=replayed_id("d", 1),
        event_type="watch",
        occurred_at="1996-03-29T18:36:55Z",
        user_id="7",
        item_id="9",
        value=4.5,
        impression=("9", "8"),
        properties={"device": "tv"},
    )


def test_a_personalize_file_without_event_types_is_one_of_views() -> None:
    assert (
        made(recognised(["USER_ID", "ITEM_ID", "TIMESTAMP"]), USER_ID="7", ITEM_ID="9", TIMESTAMP="1").event_type
        == "view"
    )


def test_movielens_ratings_are_recognised() -> None:
    event = made(
        recognised(["userId", "movieId", "rating", "timestamp"]),
        userId="1",
        movieId="31",
        rating="2.5",
        timestamp="1260759144",
    )

    assert event == Event(
        event_id=replayed_id("d", 1),
        event_type="rating",
        occurred_at="2009-12-14T02:52:24Z",
        user_id="1",
        item_id="31",
        value=2.5,
    )


def test_retailrocket_events_are_recognised_with_their_words_and_milliseconds() -> None:
    mapping = recognised(["timestamp", "visitorid", "event", "itemid", "transactionid"])

    event = made(
        mapping, timestamp="1433221332117", visitorid="257597", event="transaction", itemid="355908", transactionid="12"
    )

    assert event == Event(
        event_id=replayed_id("d", 1),
        event_type="purchase",
        occurred_at="2015-06-02T05:02:12.117Z",
        anonymous_id="257597",
        item_id="355908",
        properties={"transaction_id": "12"},
    )


def test_an_unknown_header_is_not_guessed() -> None:
    assert recognised(["customer", "sku", "time"]) is None


def test_a_mapping_may_reach_into_the_context_and_name_constants() -> None:
    mapping = Mapping(
        fields={"user_id": "who", "occurred_at": "when", "context.device": "device"},
        constants={"event_type": "search", "app_id": "old-shop"},
        time_unit=TimeUnit.ISO,
    )

    event = made(mapping, who=12, when="2020-01-01T00:00:00+01:00", device="tv")

    assert event == Event(
        event_id=replayed_id("d", 1),
        app_id="old-shop",
        event_type="search",
        occurred_at="2020-01-01T00:00:00+01:00",
        user_id="12",
        context=Context(device="tv"),
    )


@pytest.mark.parametrize("fields", [{"userid": "u"}, {"properties": "p"}, {"context.colour": "c"}, {"user_id.x": "u"}])
def test_a_field_that_an_event_does_not_have_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="has no field"):
        Mapping(fields=fields | {"occurred_at": "t", "event_type": "e"})


def test_a_mapping_says_where_time_and_type_come_from() -> None:
    with pytest.raises(ConfigurationError, match="event_type and occurred_at"):
        Mapping(fields={"user_id": "u"})


@pytest.mark.parametrize("time", ["soon", "1e99999", "99999999999999999999", None])
def test_a_time_that_no_event_can_hold_is_an_error(time: object) -> None:
    mapping = Mapping(fields={"user_id": "u", "occurred_at": "t"}, constants={"event_type": "search"})

    with pytest.raises((ValueError, TypeError, OverflowError)):
        made(mapping, u="1", t=time)
