"""The ten defects of amazon-personalize-ingestion-pipeline, none of them here (its code was read in 2026)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from consumers.realtime.calls import session_of
from consumers.realtime.core import Consumer
from consumers.realtime.entries import Properties
from contract.codec import encode
from contract.errors import TransientError
from contract.events import EVENT
from producers.simulator.broken import KINDS, broken_line
from tests.factories import event
from tests.support.realtime_world import Faults, World, records

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[4]
FUNCTION = yaml.safe_load((ROOT / "consumers/realtime/function.yaml").read_text())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_defect_1_bytes_that_are_no_json_end_in_the_quarantine_and_not_in_an_error(kind: object) -> None:
    world = World()
    [broken] = [broken_line(one, event(), 1) for one in KINDS if one is kind]

    assert world.deliver(records(event(event_id="e-1"), broken, event(event_id="e-2"))) is None

    assert world.outcomes() == {"delivered": 2, "quarantined": 1}
    assert [payload for _, payload in world.poison()] == [broken]


def test_defect_2_a_failing_batch_is_not_dropped_after_two_retries_nor_put_again_before_its_poison() -> None:
    stream = FUNCTION["source"]["stream"]
    assert stream["maximum_retry_attempts"] == -1
    assert stream["maximum_record_age_seconds"] > 3_600
    assert stream["bisect"] is True

    world = World()
    world.fault = Faults(quarantine=[TransientError("SlowDown")] * 5)
    batch = records(event(event_id="e-1"), b"poison", event(event_id="e-2"))
    answers = []
    while (given_back := world.deliver(batch)) is not None:
        answers.append(given_back)
        batch = batch[int(given_back) - int(batch[0]["kinesis"]["sequenceNumber"]) :]

    assert answers == ["2"] * 5
    assert [entry["eventId"] for call in world.personalize.calls for entry in call.entries] == ["e-1", "e-2"]


def test_defect_3_ten_events_of_a_visitor_are_one_call() -> None:
    world = World()

    world.deliver(records(*(event() for _ in range(10))))

    assert [len(call.entries) for call in world.personalize.calls] == [10]


def test_defect_4_every_entry_has_the_events_own_id_so_that_retries_are_no_new_rows() -> None:
    world = World()
    world.fault = Faults(settle=[TransientError("busy")] * 4)
    batch = records(event(event_id="e-1"), event(event_id="e-2"))

    while world.deliver(batch) is not None:
        pass

    assert [[entry["eventId"] for entry in call.entries] for call in world.personalize.calls] == [["e-1", "e-2"]] * 5
    assert list(world.personalize.events) == ["e-1", "e-2"]


def test_defect_5_events_without_a_session_share_their_visitors() -> None:
    without = [event(session_id=None) for _ in range(3)]

    assert {session_of(one) for one in without} == {"u-1"}


def test_defect_6_a_quote_in_a_value_is_a_value() -> None:
    quoted = 'i-"1",\\"evil":{'
    world = World()

    world.deliver(records(event(item_id=quoted)))

    assert [entry["itemId"] for entry in world.personalize.events.values()] == [quoted]
    text = Properties({"BRAND": "brand"}).text({"BRAND": quoted})
    assert text is not None
    assert json.loads(text) == {"brand": quoted}


@pytest.mark.parametrize("name", [field.name for field in EVENT.fields])
def test_defect_7_a_missing_field_is_no_error_of_ours(name: str) -> None:
    full = event(anonymous_id="a-1", session_id="s-1", value=1.0, recommendation_id="RID-1", impression=("i-1",))
    left = {key: value for key, value in json.loads(encode(full)).items() if key != name}
    world = World()

    assert world.deliver(records(json.dumps(left).encode(), event(event_id="e-2"))) is None

    assert world.outcomes().total() == 2
    assert "e-2" in world.personalize.events


def test_defect_8_events_of_one_second_are_all_kept() -> None:
    world = World()
    at = "2026-11-23T09:00:00.500Z"

    world.deliver(
        records(*(event(event_id=f"e-{number}", item_id=f"i-{number}", occurred_at=at) for number in range(5)))
    )

    assert len(json.loads(world.users.items["u-1"]["recent"])) == 5
    assert len(world.personalize.events) == 5


def test_defect_9_the_runtime_is_not_named_where_it_would_grow_old() -> None:
    """One runtime for all functions, declared in infra and newer than the retired python3.7."""
    assert "runtime" not in FUNCTION


def test_defect_10_a_personalize_error_is_no_answer_to_a_shopper() -> None:
    """Serving recommendations is a later issue; what stands in its place: this function answers to Lambda alone, and
    an error of Personalize gives back the record instead of raising."""
    world = World()
    world.fault = Faults(put_events=[TransientError("ServiceUnavailable")] * 100)

    assert world.deliver(records(event())) == "1"
    assert not hasattr(Consumer, "recommend")
