"""A batch is settled line by line: what can be used is used, the rest is kept, and each is counted once."""

from __future__ import annotations

import pytest

from tests.factories import event
from tests.support.realtime_world import World, records

pytestmark = pytest.mark.unit


def test_an_event_is_put_and_counted() -> None:
    world = World()

    assert world.deliver(records(event(event_id="e-1"))) is None

    assert list(world.personalize.events) == ["e-1"]
    assert world.outcomes() == {"delivered": 1}
