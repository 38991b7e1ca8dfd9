"""The runner of event source mappings: what it reads, when it goes on, what it remembers and shows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.local.checkpoints import Checkpoints
from infra.local.functions import Answer
from infra.local.stream_source import Position, lane_of
from infra.local.stream_source_lane import Backoff
from infra.local.stream_source_records import SourceRecord
from infra.local.stream_source_runner import StreamSourceRunner
from infra.local.stream_source_shard import StepRunner
from tests.support.stream_sources import FUNCTION, STREAM, record

pytestmark = pytest.mark.unit

SHARD = "shard-0"
MAPPING: dict[str, Any] = {
    "UUID": "m",
    "EventSourceArn": STREAM,
    "FunctionArn": FUNCTION,
    "StartingPosition": "TRIM_HORIZON",
    "BatchSize": 2,
    "State": "Enabled",
}


class World:
    """One stream in memory, a function that may wait, fail or be absent, and checkpoints in a folder."""

    def __init__(self, folder: Path) -> None:
        self.described: list[dict[str, Any]] = [dict(MAPPING)]
        self.records: list[SourceRecord] = []
        self.calls: list[list[str]] = []
        self.answer = Answer()
        self.gate = threading.Event()
        self.gate.set()
        self.now = 1_000.0
        self.folder = folder
        self.runner = self.start()

    def start(self) -> StreamSourceRunner:
        steps = StepRunner(functions=self, destinations=self, clock=self.clock, new_id=lambda: "an-id")
        return StreamSourceRunner(
            streams=self,
            steps=steps,
            checkpoints=Checkpoints(self.folder),
            clock=self.clock,
            backoff=Backoff(first_seconds=0.0, most_seconds=0.0),
        )

    def clock(self) -> float:
        return self.now

    def put(self, *numbers: int) -> None:
        self.records += [record(number, arrived_at=self.now) for number in numbers]

    def mappings(self) -> Sequence[Mapping[str, Any]]:
        return self.described

    def shards(self, stream_arn: str) -> Sequence[str]:
        return [SHARD] if stream_arn == STREAM else []

    def read(self, stream_arn: str, shard: str, *, start: Position, limit: int) -> Sequence[SourceRecord]:  # noqa: ARG002
        return self._following(start)[:limit]

    def behind(self, stream_arn: str, shard: str, *, start: Position) -> int:  # noqa: ARG002
        return len(self._following(start))

    def _following(self, start: Position) -> list[SourceRecord]:
        return [r for r in self.records if r.sequence_number > start.after and r.arrived_at >= start.since]

    def invoke(self, function_arn: str, event: Any) -> Answer:
        assert function_arn == FUNCTION
        self.calls.append([r["kinesis"]["sequenceNumber"] for r in event["Records"]])
        self.gate.wait(5)
        return self.answer

    def send_message(self, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
        raise AssertionError(f"{queue_arn} {body} {attributes}")

    def put_object(self, bucket_arn: str, key: str, body: bytes) -> None:
        raise AssertionError(f"{bucket_arn} {key} {body!r}")

    def settle(self) -> None:
        until(self.runner.settled)

    def numbers(self) -> list[int]:
        return [int(number) for call in self.calls for number in call]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.gate.set()
    made.runner.close()


def test_what_is_in_the_stream_is_through_when_it_is_settled(world: World) -> None:
    world.put(1, 2, 3)

    world.settle()

    assert world.calls == [["00001", "00002"], ["00003"]]
    assert world.runner.health() == {
        "m": {
            "function": FUNCTION,
            "stream": STREAM,
            "enabled": True,
            "invocations": 2,
            "errors": 0,
            "records": 3,
            "discarded": 0,
            "lag": 0,
            "error": "",
        }
    }


def test_a_restart_goes_on_behind_what_was_done(world: World) -> None:
    world.put(1, 2)
    world.settle()
    world.runner.close()
    world.put(3)

    world.runner = world.start()
    world.settle()

    assert world.calls == [["00001", "00002"], ["00003"]]
    assert json.loads((world.folder / "m.json").read_text()) == {"start": "since:0.0", SHARD: "00003"}


def test_the_latest_position_is_that_of_the_notice_also_after_a_restart(world: World) -> None:
    world.described[0]["StartingPosition"] = "LATEST"
    world.put(1)
    world.now += 1
    world.runner.notice()
    world.runner.close()
    world.now += 1
    world.put(2)

    world.runner = world.start()
    world.settle()

    assert world.numbers() == [2]


def test_a_disabled_mapping_waits_and_goes_on_where_it_stood(world: World) -> None:
    world.put(1, 2)
    world.settle()
    world.described[0]["State"] = "Disabled"
    world.put(3)
    world.settle()
    disabled = world.numbers()
    world.described[0]["State"] = "Enabled"

    world.settle()

    assert (disabled, world.numbers()) == ([1, 2], [1, 2, 3])


def test_other_settings_hold_once_nothing_is_under_way(world: World) -> None:
    world.put(*range(1, 9))
    world.gate.clear()
    world.runner.poll()
    until(lambda: len(world.calls) == 1)
    world.described[0]["BatchSize"] = 3
    world.runner.poll()
    world.gate.set()

    world.settle()

    assert [len(call) for call in world.calls] == [2, 3, 3]
    assert world.numbers() == list(range(1, 9))


def test_while_other_settings_wait_nothing_new_begins(world: World) -> None:
    world.described[0].update(ParallelizationFactor=2, BatchSize=1)
    keys = [next(key for key in map(str, range(100)) if lane_of(key, 2) == lane) for lane in (0, 1)]
    world.records.append(record(1, key=keys[0]))
    world.gate.clear()
    world.runner.poll()
    until(lambda: len(world.calls) == 1)
    world.described[0]["BatchSize"] = 2
    world.records.append(record(2, key=keys[1]))
    world.runner.poll()
    world.runner.poll()
    meanwhile = world.runner.health()["m"]["invocations"]
    world.gate.set()

    world.settle()

    assert (meanwhile, sorted(world.numbers())) == (1, [1, 2])


def test_a_batch_that_keeps_failing_is_named_and_not_waited_for(world: World) -> None:
    world.answer = Answer(error="ValueError: x")
    world.put(1)
    world.runner.begin_drain()

    world.settle()

    assert world.runner.failing() == [{"function": FUNCTION, "shard": SHARD, "error": "ValueError: x"}]
    shown = world.runner.health()["m"]
    assert (shown["lag"], shown["error"]) == (1, "ValueError: x")
    assert shown["errors"] >= 5


def test_the_next_drain_gives_a_failing_batch_another_chance(world: World) -> None:
    world.answer = Answer(error="ValueError: x")
    world.put(1)
    world.settle()
    world.answer = Answer()
    world.runner.begin_drain()

    world.settle()

    assert (world.runner.failing(), world.runner.health()["m"]["lag"]) == ([], 0)


def test_a_mapping_that_is_not_honoured_is_shown_with_the_reason(world: World) -> None:
    world.described[0]["TumblingWindowInSeconds"] = 30
    world.put(1)

    world.settle()

    assert world.calls == []
    assert "does not implement TumblingWindowInSeconds" in world.runner.health()["m"]["error"]


def test_a_mapping_that_is_deleted_is_forgotten(world: World) -> None:
    world.put(1)
    world.settle()
    world.described.clear()

    world.settle()

    assert world.runner.health() == {}
    assert list(world.folder.iterdir()) == []


def test_in_the_background_records_are_read_without_being_asked_for(world: World) -> None:
    world.runner.begin()
    world.put(1)

    until(world.numbers)
    assert world.numbers() == [1]
