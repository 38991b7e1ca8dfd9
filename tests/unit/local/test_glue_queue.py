"""The queue of runs is idle only once the end of each was told."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.glue import GlueRunner
from infra.local.spark_process import Outcome, Task

pytestmark = pytest.mark.unit


class FakeSpark:
    def run(self, task: Task, *, timeout_seconds: float, cancelled: Callable[[], bool]) -> Outcome:
        assert (task.script.name, timeout_seconds, cancelled()) == ("script.py", 480 * 60, False)
        return Outcome(state="SUCCEEDED", pid=1)

    def kill(self) -> None:
        raise AssertionError("nothing is to be killed")

    def retire(self) -> None:
        pass


class FakeCatalog:
    """One job, and what is known of the queue at the moment when its end is told."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.at_the_end: Callable[[str], None] = lambda _: None

    def job(self, name: str) -> Mapping[str, Any]:
        return {"Name": name, "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/main.py"}}

    def runs(self, job: str) -> list[dict[str, Any]]:
        return self.kept.setdefault(job, [])

    def publish(self, *, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        self.at_the_end(f"{source}: {detail_type}: {detail['state']}")


def test_a_run_whose_end_is_being_told_is_not_over(tmp_path: Path) -> None:
    catalog, seen = FakeCatalog(), list[tuple[str, list[dict[str, Any]], bool, int]]()
    runner = GlueRunner(
        catalog=catalog, spark=FakeSpark(), fetch=lambda *_: None, scratch=tmp_path / "scratch", logs=tmp_path / "logs"
    )
    catalog.at_the_end = lambda told: seen.append((told, runner.active(), runner.idle(), runner.accepted))
    before = (runner.idle(), runner.accepted)
    runner.begin()

    runner.start({"JobName": "events"})
    deadline = time.monotonic() + 10
    while not runner.idle() and time.monotonic() < deadline:
        time.sleep(0.001)
    after = (runner.idle(), runner.accepted)
    runner.close()

    assert (before, after) == ((True, 0), (True, 1))
    assert seen == [("aws.glue: Glue Job State Change: SUCCEEDED", [], False, 1)]
