"""The whole stream under faults, on the deployed local stage: each line ends where it must, once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

import pytest

from producers.simulator.broken import KINDS
from tests.support.stream_faults import Stage, deployed_stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_200)]

_FULL: Final = int(os.environ.get("KILLS", "20")) >= 100  # `make faults`
KILLED: Final = 100 if _FULL else 5
DOWN_SECONDS: Final = 60.0 if _FULL else 3.0
CHAOS_SECONDS: Final = 60.0 if _FULL else 5.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with deployed_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(autouse=True)
def no_faults_after(stage: Stage) -> Iterator[None]:
    yield
    stage.calm()


def test_poison_of_every_kind_and_form_is_kept_and_its_neighbours_go_on(stage: Stage) -> None:
    with stage.traffic(seed=1) as traffic:
        for kind in KINDS:
            traffic.event()
            traffic.poison(kind)
            traffic.packed()
        traffic.damaged()
        traffic.mixed(40)

    stage.settle()


def test_a_handler_killed_at_seeded_moments_loses_and_repeats_nothing(stage: Stage) -> None:
    killed = seed = 0
    with stage.traffic(seed=2) as traffic:
        while killed < KILLED:
            seed += 1
            stage.put_events("slow", seconds=0.02)  # there is a middle to be killed in
            stage.faults(invoke=_killing(stage, seed))
            stage.send(traffic, rounds=1, records=20)
            killed += stage.struck("invoke")

    stage.settle()


def test_half_of_all_calls_throttled_by_personalize(stage: Stage) -> None:
    stage.put_events("throttle", share=0.5)
    with stage.traffic(seed=3) as traffic:
        stage.send(traffic, rounds=2, records=40)

    stage.settle()


def test_personalize_is_down_for_a_while(stage: Stage) -> None:
    before = stage.stored()
    stage.put_events("unavailable")
    with stage.traffic(seed=4) as traffic:
        traffic.mixed(40)
    time.sleep(DOWN_SECONDS)
    during = stage.stored()

    stage.settle()
    assert (before, during != stage.stored()) == (during, True)


def test_personalize_is_slow(stage: Stage) -> None:
    stage.put_events("slow", seconds=0.3)
    with stage.traffic(seed=5) as traffic:
        stage.send(traffic, rounds=2, records=30)

    stage.settle()


@pytest.mark.parametrize("table", ["state_table", "features_table"])
def test_half_of_the_writes_to_a_table_are_refused(stage: Stage, table: str) -> None:
    stage.faults(dynamodb={"table": getattr(stage.deployment, table), "refuse_share": 0.5, "seed": 6})
    with stage.traffic(seed=6) as traffic:
        stage.send(traffic, rounds=4, records=15)

    assert stage.struck("dynamodb") > 0
    stage.settle()


def test_half_of_the_writes_to_the_quarantine_are_refused(stage: Stage) -> None:
    stage.faults(s3={"prefix": "stream/realtime/", "refuse_share": 0.5, "seed": 7})
    with stage.traffic(seed=7) as traffic:
        stage.send(traffic, rounds=4, records=15)

    assert stage.struck("s3") > 0
    stage.settle()


def test_a_stream_that_throttles_and_takes_only_some_records(stage: Stage) -> None:
    stage.faults(put_records={"throttle_share": 0.3, "fail_share": 0.2, "seed": 8})
    with stage.traffic(seed=8) as traffic:
        stage.send(traffic, rounds=5, records=40)

    assert stage.struck("put_records") > 5
    stage.settle()


def test_everything_at_once(stage: Stage) -> None:
    until, seed = time.monotonic() + CHAOS_SECONDS, 100
    with stage.traffic(seed=9) as traffic:
        while time.monotonic() < until:
            seed += 1
            stage.put_events(("throttle", "unavailable", "internal")[seed % 3], share=0.3)
            stage.faults(
                put_records={"throttle_share": 0.3, "fail_share": 0.2, "seed": seed},
                invoke=_killing(stage, seed),
                dynamodb={"table": stage.deployment.state_table, "refuse_share": 0.3, "seed": seed},
                s3={"prefix": "stream/realtime/", "refuse_share": 0.3, "seed": seed},
            )
            traffic.mixed(25)
            time.sleep(0.5)

    stage.settle()


def _killing(stage: Stage, seed: int) -> Mapping[str, Any]:
    """Half of the invocations; a process that is new takes a second until it begins, one that is not needs little."""
    within = Random(seed).choice((100.0, 400.0, 2_000.0))
    return {"function": stage.function, "crash_share": 0.5, "within_ms": within, "seed": seed}
