"""Whatever fails or dies, and however often records come: each line counts once, each event is put, poison kept."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.realtime_stream import (
    Chaos,
    assert_each_line_counted_once,
    deliver_all,
    random_shard,
    settled_without_faults,
)
from tests.support.realtime_world import World

pytestmark = pytest.mark.unit


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0), count=st.integers(1, 40), refused=st.floats(0, 0.4))
def test_each_line_is_counted_once_whatever_fails(seed: int, count: int, refused: float) -> None:
    rng = Random(seed)
    shard = random_shard(rng, count=count, repeats=True)
    world = World()
    world.fault = Chaos(rng, killed=0.01, refused=refused)

    deliver_all(world, shard.records, rng)

    assert_each_line_counted_once(world, shard)
    calm = settled_without_faults(shard)
    assert {name: item["recent"] for name, item in world.users.items.items()} == {
        name: item["recent"] for name, item in calm.users.items.items()
    }
