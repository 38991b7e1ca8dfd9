"""A drain ends when nothing runs, waits, or is still to be told: the end of a run may wake others."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from infra.local.events import EventDelivery
from infra.local.glue import GlueRunner
from infra.local.ministack_glue import MinistackGlue
from infra.local.runners import Runners
from infra.local.spark_process import SparkProcess
from infra.local.workflows import WorkflowRunner

pytestmark = pytest.mark.unit


class World:
    """A job that ended and has not said so yet; its word starts a second one, which ends at once."""

    def __init__(self) -> None:
        self.accepted, self.happened = 1, list[str]()
        self._steps: list[Callable[[], None]] = [self._nothing, self._tell, self._nothing]

    def idle(self) -> bool:
        if self._steps:
            self._steps.pop(0)()
        return len(self._steps) < 2

    def active(self) -> list[dict[str, Any]]:
        return []

    def settle(self) -> None:
        self.happened.append("settled")

    def poll(self, *, close_windows: bool) -> None:
        if close_windows and self.happened[-2:] == ["told", "settled"]:
            self.accepted += 1
            self.happened.append("second job")

    def pending(self) -> int:
        return 0

    def drain(self) -> dict[str, int]:
        return {"records": 3}

    def begin_drain(self) -> None:
        self.happened.append("drain begun")

    def settled(self) -> bool:
        return True

    def failing(self) -> list[dict[str, Any]]:
        return []

    def running(self) -> int:
        return 0

    def begun(self) -> int:
        return 0

    def all_runs(self) -> list[dict[str, Any]]:
        return []

    def _nothing(self) -> None:
        pass

    def _tell(self) -> None:
        self.happened.append("told")


class Functions:
    """Lambda's queue of events, empty."""

    def __init__(self) -> None:
        self.counts = {"given_up": 0, "accepted": 0}

    def idle(self) -> bool:
        return True

    def last_given_up(self, count: int) -> list[str]:
        return ["an event"] * count


class Stopping:
    """Any runner; as it stops, the last event is delivered, which is for a function."""

    def __init__(self) -> None:
        self.undelivered: list[str] = []
        self.accepted: list[dict[str, Any]] = []

    def close(self) -> None:
        self.accepted.append({"id": "last"})

    def unanswered(self) -> list[dict[str, Any]]:
        return []


class Kept(Functions):
    """Lambda's queue of events, filled by another."""

    def __init__(self, source: Stopping) -> None:
        super().__init__()
        self._source = source

    def close(self) -> None:
        pass

    def unanswered(self) -> list[dict[str, Any]]:
        return list(self._source.accepted)


def runners_of(world: Any, functions: Any, folder: Path) -> Runners:
    world_as_events = cast("EventDelivery", world)
    world_as_events.undelivered = []
    world_as_workflows = cast("WorkflowRunner", world)
    world_as_workflows.refused = []
    return Runners(
        firehose=cast("Any", world),
        streams=cast("Any", world),
        functions=cast("Any", functions),
        queues=cast("Any", world),
        counts=cast("Any", world),
        orders=cast("Any", None),
        events=world_as_events,
        workflows=world_as_workflows,
        glue=cast("GlueRunner", world),
        catalog=cast("MinistackGlue", world),
        spark=cast("SparkProcess", None),
        wake_ups=folder / "wake-ups.json",
        unanswered=folder / "functions.json",
    )


def test_a_drain_waits_for_what_an_end_will_wake(tmp_path: Path) -> None:
    world = World()

    drained = runners_of(world, Functions(), tmp_path).drain()

    assert drained == {"firehose": {"records": 3}, "job_runs": [], "failing": [], "given_up": [], "undelivered": []}
    # Once more after the second job, as that may have woken a third.
    assert world.happened == ["drain begun", "settled", "told", "settled", "second job", "settled"]


def test_an_event_that_is_delivered_while_everything_stops_is_kept_for_its_function(tmp_path: Path) -> None:
    last = Stopping()
    runners = runners_of(Stopping(), Kept(last), tmp_path)

    replace(runners, events=cast("EventDelivery", last)).close()

    assert json.loads((tmp_path / "functions.json").read_text()) == [{"id": "last"}]
