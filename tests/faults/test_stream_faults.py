"""The whole stream under faults, on the deployed local stage: each line ends where it must, once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any, Final

import pytest

from consumers.realtime.signed_http import READ_SECONDS
from producers.simulator.broken import KINDS
from tests.support.local_functions import until
from tests.support.stream_faults import Stage, deployed_stage

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_200)]

_FULL: Final = int(os.environ.get("KILLS", "20")) >= 100  # `make faults`
KILLED: Final = 100 if _FULL else 5
DOWN_SECONDS: Final = 60.0 if _FULL else 3.0
CHAOS_SECONDS: Final = 60.0 if _FULL else 5.0
_KINDS: Final = 4  # of faults that the endpoint has
_ATTEMPTS: Final = 3  # of one call, by the consumer's clients


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
    stage.put_events("slow", seconds=0.15)  # with more calls than threads: there is a middle to be killed in
    with stage.traffic(seed=2) as traffic:
        while killed < KILLED:
            seed += 1
            stage.faults(invoke=_killing(stage, seed))
            stage.send(traffic, rounds=1, records=40)
            killed += stage.killed()

    stage.settle()


def test_batches_that_are_delivered_five_times_in_all_states_and_two_at_once(stage: Stage) -> None:
    with stage.source_off() as put_since, ThreadPoolExecutor(2) as twins:
        with stage.traffic(seed=10) as traffic:
            traffic.mixed(40)
            records = put_since()
        batches = records[:20], records[20:]
        for batch, table in zip(batches, (stage.deployment.features_table, stage.deployment.state_table), strict=True):
            stage.faults(dynamodb={"table": table, "refuse_share": 1})
            assert stage.invoke(batch) == batch[0]["kinesis"]["sequenceNumber"]
            stage.faults()
            assert None in twins.map(stage.invoke, (batch, batch))
            assert stage.invoke(batch) is None
        assert [stage.invoke(batch) for batch in batches] == [None, None]

    stage.settle()


def test_half_of_all_calls_throttled_by_personalize(stage: Stage) -> None:
    stage.put_events("throttle", share=0.5)
    with stage.traffic(seed=3) as traffic:
        stage.send(traffic, rounds=2, records=40)

    assert stage.met() > 10
    stage.settle()


def test_personalize_is_down_for_a_while(stage: Stage) -> None:
    before = stage.stored()
    stage.put_events("unavailable")
    with stage.traffic(seed=4) as traffic:
        traffic.mixed(40)
    time.sleep(DOWN_SECONDS)

    assert stage.met() > 10
    assert stage.stored() == before
    stage.settle()


def test_personalize_is_slow_and_then_too_slow_to_be_waited_for(stage: Stage) -> None:
    stage.put_events("slow", seconds=0.3)
    with stage.traffic(seed=5) as traffic:
        stage.send(traffic, rounds=1, records=30)
        assert stage.met() > 5
        stage.put_events("timeout", seconds=READ_SECONDS + 1)  # and then nothing is taken
        traffic.mixed(30)
        until(lambda: stage.met() > 5)

    stage.settle()


@pytest.mark.parametrize("table", ["state_table", "features_table"])
def test_writes_to_a_table_are_refused(stage: Stage, table: str) -> None:
    _with_refusals(stage, "dynamodb", table=getattr(stage.deployment, table))


def test_writes_to_the_quarantine_are_refused(stage: Stage) -> None:
    _with_refusals(stage, "s3", prefix="stream/realtime/")


def test_a_stream_that_throttles_and_takes_only_some_records(stage: Stage) -> None:
    stage.faults(put_records={"throttle_share": 0.3, "fail_share": 0.2, "seed": 8})
    with stage.traffic(seed=8) as traffic:
        stage.send(traffic, rounds=5, records=40)

    assert stage.struck()["put_records"] > 5
    stage.settle()


def test_events_by_file_and_by_put_events_are_one_row_each_in_training(stage: Stage) -> None:
    assert stage.deployment.interactions_source == "both"
    with stage.traffic(seed=11) as traffic:
        traffic.mixed(80)
    stage.settle()
    rows = [*stage.truth.rows.values(), *_others(stage, 1_000)]

    stage.publish(rows)

    wanted = Counter((row["USER_ID"], row["ITEM_ID"], row["TIMESTAMP"]) for row in rows)
    assert stage.trained_on() == [wanted, wanted]  # the popular items are a model, too


def test_everything_at_once(stage: Stage) -> None:
    end, met, kinds = time.monotonic() + CHAOS_SECONDS, 0, cycle(("throttle", "unavailable", "internal", "slow"))
    stage.faults(
        put_records={"throttle_share": 0.3, "fail_share": 0.2, "seed": 9},
        invoke={"function": stage.function, "crash_share": 0.3, "within_ms": 400.0, "seed": 9},
        dynamodb={"table": stage.deployment.state_table, "refuse_share": 0.4, "seed": 9},
        s3={"prefix": "stream/realtime/", "refuse_share": 0.3, "seed": 9},
    )
    with stage.traffic(seed=9) as traffic:
        while time.monotonic() < end or len(stage.struck()) < _KINDS:
            stage.put_events(next(kinds), share=0.3, seconds=0.3)
            traffic.mixed(20)
            time.sleep(0.5)
            met += stage.met()
        stage.calm()

    assert met > 0
    stage.settle()


def _with_refusals(stage: Stage, kind: str, **what: str) -> None:
    """First all of them, until the consumer's client gives up and the batch is given back; then half."""
    with stage.traffic(seed=6) as traffic:
        stage.faults(**{kind: {**what, "refuse_share": 1}})
        traffic.mixed(15)
        until(lambda: stage.struck().get(kind, 0) >= _ATTEMPTS)
        stage.faults(**{kind: {**what, "refuse_share": 0.5, "seed": 6}})
        stage.send(traffic, rounds=2, records=15)

    stage.settle()


def _others(stage: Stage, count: int) -> list[dict[str, Any]]:
    """Rows that a file alone has."""
    names = {"EVENT_TYPE": "view", "EVENT_VALUE": None, "IMPRESSION": None, "RECOMMENDATION_ID": None}
    at = int(stage.seconds().timestamp()) - 86_400
    rows = ({"USER_ID": f"o-{n % 40}", "ITEM_ID": f"i-{n % 25:05d}", "TIMESTAMP": at - n} for n in range(count))
    return [row | names for row in rows]


def _killing(stage: Stage, seed: int) -> Mapping[str, Any]:
    """Three invocations are killed or their answers lost, but not all in a row: what fails is not tried again at once.
    At times the one after a kill is among them, which a new process begins."""
    struck = (1, 2, 4) if seed % 3 == 0 else (1, 3, 5)
    return {"function": stage.function, "crash_at": struck, "within_ms": 400.0, "seed": seed}
