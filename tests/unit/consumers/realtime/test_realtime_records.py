"""What is written beside events: quarantine objects, metrics and the log hold what they promise, and no more."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from consumers.emf import EmfMetrics
from consumers.realtime.attributes import plain, typed
from consumers.realtime.lines import Line
from consumers.realtime.metrics import MAX_VALUES, EmfReports, Metric, metrics_of, quantiles
from consumers.realtime.quarantine import Poison, objects_of
from contract.codec import encode
from tests.factories import NOW, event
from tests.support.realtime_world import SHARD, World, records

pytestmark = pytest.mark.unit


def poison(sequence: int, data: bytes = b"junk", *, days: int = 0) -> Poison:
    arrived = (NOW + timedelta(days=days)).timestamp()
    return Poison(line=Line(sequence, 0, arrived, data), reason="not_json", rule="line.json")


def test_the_same_poison_is_the_same_object_and_other_poison_another() -> None:
    one, two = poison(1), poison(2)

    assert objects_of(SHARD, [one, two]) == objects_of(SHARD, [one, two])
    assert objects_of(SHARD, [one, two]).keys().isdisjoint(objects_of(SHARD, [one]))


def test_poison_lies_under_the_day_of_its_arrival_and_its_shard() -> None:
    keys = list(objects_of(SHARD, [poison(7), poison(9, days=1)]))

    assert [key.rpartition("-")[0] for key in keys] == [
        f"stream/realtime/dt=2026-11-23/{SHARD}/7-0",
        f"stream/realtime/dt=2026-11-24/{SHARD}/9-0",
    ]
    assert all(key.endswith(".jsonl.gz") for key in keys)


def test_a_settled_batch_is_one_line_of_metrics() -> None:
    world, out = World(), io.StringIO()
    world.deliver(records(event(received_at="2026-11-23T09:29:59Z"), event(event_type="search"), b"junk"))
    [report] = world.metrics.reports

    EmfReports(EmfMetrics(out=out, function="clickstream-dev-realtime", stage="dev")).emit(report, NOW)

    [line] = out.getvalue().splitlines()
    emf = json.loads(line)
    directive = emf.pop("_aws")
    assert emf == {
        "Function": "clickstream-dev-realtime",
        "Stage": "dev",
        "lines_delivered": 1,
        "lines_quarantined": 1,
        "lines_excluded": 1,
        "lines_skipped": 0,
        "put_events_calls": 1,
        "put_events_throttles": 0,
        "batches_given_back": 0,
        "lag_ms": 1_000,
        "event_to_put_events_ms": [1_000],
    }
    [metrics] = directive["CloudWatchMetrics"]
    assert (metrics["Namespace"], metrics["Dimensions"]) == ("Clickstream", [["Function", "Stage"]])
    in_ms = {"lag_ms", "event_to_put_events_ms"}
    assert metrics["Metrics"] == [
        {"Name": name, "Unit": "Milliseconds" if name in in_ms else "Count"} for name in get_args(Metric)
    ]


def test_metrics_without_a_value_are_left_out() -> None:
    world = World()
    world.deliver(records(b""))

    assert {"lag_ms", "event_to_put_events_ms"}.isdisjoint(metrics_of(world.metrics.reports[0], NOW))


@given(values=st.lists(st.integers(0, 10_000), max_size=500))
def test_a_hundred_values_stand_for_all_of_them(values: Sequence[int]) -> None:
    found = quantiles(values)

    assert len(found) == min(len(values), MAX_VALUES)
    assert set(found) <= set(values)
    assert found == sorted(values) if len(values) <= MAX_VALUES else found[-1] == max(values)


def test_the_log_line_of_a_batch_counts_and_names_nobody() -> None:
    world = World()
    poison_of_somebody = encode(event(user_id="secret-user", anonymous_id="secret-browser", event_type="USER_ID"))
    with structlog.testing.capture_logs() as logs:
        world.deliver(records(event(user_id="secret-user"), poison_of_somebody))

    assert logs == [
        {
            "event": "batch_settled",
            "log_level": "info",
            "shard": SHARD,
            "records": 2,
            "lines": 2,
            "skipped": 0,
            "outcomes": {"delivered": 1, "quarantined": 1},
            "reasons": {"refused_value": 1},
            "put_events_calls": 1,
            "throttles": 0,
            "lag_ms": 1_800_000,
            "given_back": None,
            "why": None,
        }
    ]
    assert "secret" not in str(world.store.accounts)


def test_a_batch_that_is_given_back_says_from_where_and_why() -> None:
    world = World()
    world.personalize.busy_for = {"u-1"}
    with structlog.testing.capture_logs() as logs:
        world.deliver(records(event(), first=7))

    assert [(log["event"], log["given_back"], log["why"]) for log in logs] == [
        ("batch_given_back", "7", "ThrottlingException")
    ]


def test_attributes_are_read_as_they_were_written() -> None:
    values = {"text": "a", "number": -3, "bytes": b"\x00", "map": {"a": "b", "c": 1}}

    assert plain(typed(values)) == values


@pytest.mark.parametrize("value", [1.5, True, None, ["a"]])
def test_a_value_of_another_type_is_a_bug(value: object) -> None:
    with pytest.raises(TypeError):
        typed({"a": value})
    with pytest.raises(TypeError):
        plain({"a": {"L": []}})
