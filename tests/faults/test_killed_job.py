"""A run that is killed at any moment and started again leaves what an undisturbed run leaves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contract.codec import encode
from tests.support.mortal import Fuse, Killed, MortalStore
from tests.support.world import World, produced, view

pytestmark = pytest.mark.faults

MOMENTS = 20


def run_mortal(world: World, spark: SparkSession, fuse: Fuse) -> None:
    world.run(spark, lake=MortalStore(world.lake, fuse), quarantine=MortalStore(world.quarantine, fuse))


def two_days_in_two_runs(world: World, spark: SparkSession) -> None:
    """The first run's partitions are touched again by the second: what is kept must survive too."""
    world.land("a", [*produced(map(view, range(1, 9)), producer_id="a"), b"{broken\n"])
    world.run(spark)
    older = [encode(view(n, occurred_at=f"2026-11-2{n % 2}T10:00:00Z")) for n in range(20, 26)]
    world.land("b", [*produced(map(view, range(6, 14)), producer_id="b"), *older, b"[]\n"])


@pytest.fixture(scope="module")
def undisturbed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    world = World(tmp_path_factory.mktemp("undisturbed"))
    two_days_in_two_runs(world, spark)
    world.run(spark)
    return world.published()


@pytest.fixture(scope="module")
def effects(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many effects the second run has on the stores: the moments at which it can die."""
    world = World(tmp_path_factory.mktemp("counted"))
    two_days_in_two_runs(world, spark)
    fuse = Fuse(left=1_000_000)
    run_mortal(world, spark, fuse)
    return 1_000_000 - fuse.left


@pytest.mark.timeout(900)  # some forty runs of the job
def test_killed_at_any_moment_and_started_again_it_leaves_the_same_bytes(
    spark: SparkSession, undisturbed: dict[str, bytes], effects: int, tmp_path: Path
) -> None:
    every_moment = [(number, after) for number in range(1, effects + 1) for after in (False, True)]
    before = World(tmp_path / "before")
    two_days_in_two_runs(before, spark)

    for number, after in sorted(random.Random(7).sample(every_moment, MOMENTS)):
        world = before.copied_to(tmp_path / f"killed-{number}-{after}")
        with pytest.raises(Killed):
            run_mortal(world, spark, Fuse(left=number, after=after))

        world.run(spark)

        assert world.published() == undisturbed, f"killed {'after' if after else 'before'} effect {number}"
        report = world.audit()
        assert (report.balanced, report.findings) == (True, [])
