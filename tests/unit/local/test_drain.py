"""A drain ends when nothing runs, waits, or is still to be told: the end of a run may wake others."""

from collections.abc import Callable
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


def test_a_drain_waits_for_what_an_end_will_wake(tmp_path: Path) -> None:
    world = World()
    world_as_events = cast("EventDelivery", world)
    world_as_events.undelivered = []
    world_as_workflows = cast("WorkflowRunner", world)
    world_as_workflows.refused = []
    runners = Runners(
        firehose=cast("Any", world),
        streams=cast("Any", world),
        functions=cast("Any", Functions()),
        queues=cast("Any", world),
        counts=cast("Any", world),
        orders=cast("Any", None),
        events=world_as_events,
        workflows=world_as_workflows,
        glue=cast("GlueRunner", world),
        catalog=cast("MinistackGlue", world),
        spark=cast("SparkProcess", None),
        wake_ups=tmp_path / "wake-ups.json",
        unanswered=tmp_path / "functions.json",
    )

    drained = runners.drain()

    assert drained == {"firehose": {"records": 3}, "job_runs": [], "failing": [], "given_up": [], "undelivered": []}
    # Once more after the second job, as that may have woken a third.
    assert world.happened == ["drain begun", "settled", "told", "settled", "second job", "settled"]
