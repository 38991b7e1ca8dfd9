"""Landed objects wake a workflow once per batch, and no wake-up is lost while its job is busy."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.job_run import GlueRefusal
from infra.local.workflows import WorkflowRunner, workflow_name

pytestmark = pytest.mark.unit


class FakeTriggers:
    """One workflow with one EVENT trigger of batch size 3 and a window of 300 seconds."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []

    def event_trigger(self, workflow: str) -> Mapping[str, Any] | None:
        if workflow != "events":
            return None
        condition = {"BatchSize": 3, "BatchWindow": 300}
        return {"Name": "trigger", "Actions": [{"JobName": "job"}], "EventBatchingCondition": condition}

    def begin_run(self, workflow: str) -> dict[str, Any]:
        names = ("Total", "Running", "Stopped", "Succeeded", "Failed", "Timeout")
        run: dict[str, Any] = {"WorkflowRunId": f"wr-{len(self.runs)}", "Name": workflow, "Status": "RUNNING"}
        run |= {"StartedOn": 1, "Statistics": {f"{name}Actions": 0 for name in names}}
        self.runs.append(run)
        return run


class FakeGlue:
    """Takes one run at a time."""

    def __init__(self) -> None:
        self.started: list[Mapping[str, Any]] = []
        self.busy = False

    def start(self, request: Mapping[str, Any], *, extra: Mapping[str, str] | None = None, trigger: str = "") -> str:
        if self.busy:
            raise GlueRefusal("ConcurrentRunsExceededException", "busy")
        self.busy = True
        self.started.append({**request, "extra": extra, "trigger": trigger})
        return f"jr-{len(self.started)}"


class Bench:
    """A runner with fakes and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.triggers, self.glue = FakeTriggers(), FakeGlue()
        self.runner = WorkflowRunner(triggers=self.triggers, glue=self.glue, clock=lambda: self.now)

    def notify(self, times: int) -> None:
        for _ in range(times):
            self.runner.notify("events")

    def end_job(self, state: str = "SUCCEEDED") -> None:
        self.glue.busy = False
        self.runner.job_ended({"Id": f"jr-{len(self.glue.started)}", "JobRunState": state, "CompletedOn": 9})


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_full_batch_starts_the_job_with_the_workflows_arguments(bench: Bench) -> None:
    bench.notify(3)

    assert bench.glue.started == [
        {
            "JobName": "job",
            "Arguments": {},
            "extra": {"--WORKFLOW_NAME": "events", "--WORKFLOW_RUN_ID": "wr-0"},
            "trigger": "trigger",
        }
    ]


def test_a_batch_that_is_not_full_waits_for_its_window(bench: Bench) -> None:
    bench.notify(1)
    bench.now = 299.0
    bench.notify(1)
    assert (bench.glue.started, bench.runner.pending()) == ([], 2)

    bench.now = 300.0
    bench.runner.poll()

    assert (len(bench.glue.started), bench.runner.pending()) == (1, 0)


def test_a_drain_closes_the_window(bench: Bench) -> None:
    bench.notify(1)

    bench.runner.poll(close_windows=True)

    assert (len(bench.glue.started), bench.runner.pending()) == (1, 0)


def test_nothing_starts_when_nothing_arrived(bench: Bench) -> None:
    bench.now = 10_000.0
    bench.runner.poll(close_windows=True)

    assert bench.glue.started == []


def test_wake_ups_during_a_run_become_one_run_after_it(bench: Bench) -> None:
    bench.notify(3)
    bench.notify(9)  # three more full batches while the job runs
    assert (len(bench.glue.started), bench.runner.pending()) == (1, 1)

    bench.end_job()
    bench.runner.poll()

    assert (len(bench.glue.started), bench.runner.pending()) == (2, 0)


@pytest.mark.parametrize(
    ("state", "counted"), [("SUCCEEDED", "Succeeded"), ("FAILED", "Failed"), ("TIMEOUT", "Timeout")]
)
def test_the_workflow_run_says_how_its_job_ended(bench: Bench, state: str, counted: str) -> None:
    bench.notify(3)

    bench.end_job(state)

    [run] = bench.triggers.runs
    assert (run["Status"], run["CompletedOn"]) == ("COMPLETED", 9)
    assert run["Statistics"] == {
        "TotalActions": 1,
        "RunningActions": 0,
        "StoppedActions": 0,
        "SucceededActions": 0,
        "FailedActions": 0,
        "TimeoutActions": 0,
        f"{counted}Actions": 1,
    }


def test_what_no_run_answered_is_taken_up_after_a_restart(bench: Bench) -> None:
    bench.notify(3)
    bench.notify(4)  # a full batch that waits for the job, and one event more

    after = Bench()
    after.runner.restore(bench.runner.unanswered() | {"gone": 2})

    assert bench.runner.unanswered() == {"events": 2}
    assert (after.glue.started, after.runner.pending()) == ([], 2)


def test_a_workflow_without_an_event_trigger_is_refused(bench: Bench) -> None:
    with pytest.raises(GlueRefusal, match="workflow other has no active EVENT trigger"):
        bench.runner.notify("other")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:glue:us-east-1:000000000000:workflow/events", "events"),
        ("arn:aws:glue:us-east-1:000000000000:job/events", None),
        ("arn:aws:sqs:us-east-1:000000000000:queue", None),
        ("arn:aws:scheduler:::aws-sdk:glue:startJobRun", None),
        ("nonsense", None),
    ],
)
def test_a_target_is_recognised_by_its_arn(arn: str, name: str | None) -> None:
    assert workflow_name(arn) == name
