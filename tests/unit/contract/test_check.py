"""An event that was built in any way is taken exactly where every reader takes its line."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.codec import Consent, Context, Event, Plausible, check, decode, encode
from contract.errors import InvalidEvent
from tests.strategies import events

pytestmark = pytest.mark.unit

PLAUSIBLE = Plausible(datetime(1995, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
GOOD: dict[str, Any] = {
    "event_id": "e-1",
    "event_type": "view",
    "occurred_at": "2026-11-23T09:30:00.000Z",
    "user_id": "u-1",
    "item_id": "i-1",
}


class OtherContext(Context, frozen=True):
    secret: object = "s"


class OtherConsent(Consent, frozen=True):
    secret: object = "s"


class OtherEvent(Event, frozen=True):
    secret: object = "s"


class Name(enum.Enum):
    A = "a"


TOO_DEEP: dict[str, Any] = {"a": {"b": {"c": {}}}}  # which readers ask of keys that they do not know, too


ODD: list[dict[str, Any]] = [
    {},
    {"user_id": 5},
    {"user_id": ""},
    {"user_id": "x" * 257},
    {"user_id": "null"},
    {"user_id": None},
    {"user_id": "a\tb"},
    {"user_id": 'a"b\\'},
    {"user_id": "ü\u2028"},
    {"event_id": None},
    {"event_type": "9"},
    {"event_type": "view", "item_id": None},
    {"event_type": "$set"},
    {"occurred_at": "2026-02-30T09:30:00.000Z"},
    {"occurred_at": "2026-11-23T24:00:00.000Z"},
    {"occurred_at": "2026-11-23T09:30:00.000+01:00"},
    {"occurred_at": "2027-11-23T09:30:00.000Z"},
    {"occurred_at": "1994-11-23T09:30:00.000Z"},
    {"sent_at": "yesterday"},
    {"occurred_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)},
    {"occurred_at": datetime(2026, 11, 23, 9, 30)},  # noqa: DTZ001 - it has no zone
    {"occurred_at": 24},
    {"sent_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)},
    {"sent_at": float("nan")},
    {"received_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)},
    {"occurred_at": "2026-11-23 09:30:00.000Z"},
    {"occurred_at": "2026-11-23t09:30:00.000Z"},
    {"occurred_at": "2026-11-23T09:30:00.000z"},
    {"sent_at": "2026-11-23 09:30:00.000Z"},
    {"sent_at": "2100-01-01T09:30:00.000Z"},
    {"sent_at": "2026-11-23T09:30:00.000"},
    {"value": 4},
    {"value": True},
    {"value": "4"},
    {"value": 10**18},
    {"value": 1e300},
    {"value": -0.0},
    {"app_id": "ü"},
    {"producer_id": "web-1"},
    {"producer_id": "web 1", "producer_seq": 1},
    {"producer_id": "web-1", "producer_seq": 0},
    {"producer_id": "web-1", "producer_seq": 1},
    {"impression": ("a|b",)},
    {"impression": ["a", "b"]},
    {"impression": ("x" * 256,) * 25},
    {"impression": (None,)},
    {"context": {"device": "phone", "secret": 1}},
    {"context": {"device": "phone"}},
    {"context": {"secret": TOO_DEEP}},
    {"context": OtherContext(device="phone")},
    {"context": OtherContext(device="phone", secret=TOO_DEEP)},
    {"context": Context(device="phone")},
    {"context": Context(device="")},
    {"consent": {"analytics": True}},
    {"consent": {"secret": TOO_DEEP}},
    {"consent": OtherConsent(analytics=True, secret=TOO_DEEP)},
    {"consent": Consent(analytics=True)},
    {"properties": {"a": 1, "9": 2}},
    {"properties": {"a": 1, Name.A: 2}},
    {"properties": {"a": 2.0**60}},
    {"properties": {"a": "b" * 70_000}},
    {"session_id": "s" * 256, "anonymous_id": "a", "recommendation_id": "r" * 41},
]


def verdict(event: Event) -> bytes | str:
    try:
        return check(event, PLAUSIBLE)
    except InvalidEvent as error:
        return error.rule


def readers_verdict(event: Event) -> bytes | str:
    line = encode(event)
    try:
        decode(line, PLAUSIBLE)
    except InvalidEvent as error:
        return error.rule
    return line


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_event_is_taken_where_its_line_is_and_refused_by_the_same_rule(odd: dict[str, Any]) -> None:
    event = Event(**GOOD | odd)

    assert verdict(event) == readers_verdict(event)


@pytest.mark.parametrize(("secret", "rule"), [("s", None), (TOO_DEEP, "line.depth")], ids=["flat", "deep"])
def test_an_event_of_a_type_of_ones_own_is_judged_by_its_line(secret: object, rule: str | None) -> None:
    event = OtherEvent(**GOOD, secret=secret)

    assert verdict(event) == readers_verdict(event) == (rule or encode(event))


def test_some_of_them_are_refused_and_some_are_taken() -> None:
    found = [isinstance(verdict(Event(**GOOD | odd)), str) for odd in ODD]

    assert 20 < sum(found) < len(found) - 8


FINITE = st.floats(allow_nan=False, allow_infinity=False)  # the others are written as null


@given(event=events(), field=st.sampled_from(Event.__struct_fields__), value=st.text(max_size=3) | FINITE)
def test_a_field_of_any_text_or_number_is_judged_as_in_its_line(event: Event, field: str, value: object) -> None:
    changed = msgspec.structs.replace(event, **{field: value})

    assert verdict(changed) == readers_verdict(changed)
