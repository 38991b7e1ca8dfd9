"""New events and producer ids."""

from __future__ import annotations

import pytest

from contract.codec import Event
from producers.sdk.new_event import new_event, new_producer_id
from tests.factories import FakeClock

pytestmark = pytest.mark.unit


def zeros(count: int) -> bytes:
    return bytes(count)


def test_a_new_event_is_of_now_and_its_id_is_ordered_by_time() -> None:
    made = new_event("view", clock=FakeClock(), entropy=zeros, user_id="u-1", item_id="i-1")

    assert made == Event(
        event_id="01a207bd-a9c0-7000-8000-000000000000",
        event_type="view",
        occurred_at="2026-11-23T09:30:00.000Z",
        user_id="u-1",
        item_id="i-1",
    )


def test_the_caller_may_say_when_it_happened_and_how_it_is_named() -> None:
    made = new_event("view", clock=FakeClock(), event_id="e-1", occurred_at="2026-11-20T00:00:00Z")

    assert (made.event_id, made.occurred_at) == ("e-1", "2026-11-20T00:00:00Z")


def test_a_field_that_the_contract_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="userid"):
        new_event("view", clock=FakeClock(), userid="u-1")


def test_producer_ids_are_named_and_random() -> None:
    assert new_producer_id("web", entropy=zeros) == "web-000000000000"
    assert new_producer_id("web") != new_producer_id("web")
