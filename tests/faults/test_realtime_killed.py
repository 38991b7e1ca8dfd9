"""The realtime consumer killed at seeded moments: it leaves behind what one leaves that was never killed."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from consumers.realtime.popularity import HALF_LIVES
from tests.support.realtime_stream import (
    Chaos,
    assert_each_line_counted_once,
    deliver_all,
    random_shard,
    settled_without_faults,
)
from tests.support.realtime_world import SHARD, World

pytestmark = pytest.mark.faults

KILLED = int(os.environ.get("KILLS", "20"))


@pytest.mark.parametrize("seed", range(KILLED))
def test_a_process_that_is_killed_at_any_moment_leaves_the_same_behind_as_one_that_was_not(seed: int) -> None:
    rng = Random(seed)
    shard = random_shard(rng, count=25, repeats=False)
    world = World()
    chaos = Chaos(rng, killed=0.05, refused=0.02)
    world.fault = chaos

    deliver_all(world, shard.records, rng)

    assert_each_line_counted_once(world, shard)
    calm = settled_without_faults(shard)
    assert {name: _told(item) for name, item in world.users.items.items()} == {
        name: _told(item) for name, item in calm.users.items.items()
    }
    assert world.store.clicks == calm.store.clicks
    for name in HALF_LIVES:
        weights = calm.store.popularities[SHARD].windows[name]
        assert world.store.popularities[SHARD].windows[name] == pytest.approx(weights)


def test_seeds_kill_often_enough_to_say_something() -> None:
    kills = 0
    for seed in range(10):
        rng = Random(seed)
        shard, world = random_shard(rng, count=25, repeats=False), World()
        world.fault = chaos = Chaos(rng, killed=0.05)
        deliver_all(world, shard.records, rng)
        kills += chaos.kills

    assert kills > 50


def _told(item: Any) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "places"}
