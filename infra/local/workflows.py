"""Wakes Glue workflows: events gather at an EVENT trigger, which starts its jobs when its batch is full or old."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from infra.local.job_run import GlueRefusal

DEFAULT_WINDOW_SECONDS: Final = 900
_POLL_SECONDS: Final = 0.5


@dataclass(kw_only=True)
class Batch:
    """Events that arrived at a trigger and did not start a run yet; times are of any steady clock."""

    size: int
    window_seconds: float
    events: int = 0
    oldest: float = 0.0
    closed: bool = False

    def add(self, *, now: float) -> None:
        """Count one more event."""
        if self.events == 0:
            self.oldest = now
        self.events += 1

    def due(self, *, now: float) -> bool:
        """Whether the batch is full, or its window has passed or was closed."""
        if self.events == 0:
            return False
        return self.closed or self.events >= self.size or now - self.oldest >= self.window_seconds

    def take(self) -> int:
        """Empty the batch; returns how many events it held."""
        taken, self.events, self.closed = self.events, 0, False
        return taken


class Triggers(Protocol):
    """Glue's triggers and workflow runs, as its API shows them."""

    def event_trigger(self, workflow: str) -> Mapping[str, Any] | None:
        """The active EVENT trigger of `workflow`."""
        ...

    def begin_run(self, workflow: str) -> dict[str, Any]:
        """A new run of `workflow`, status RUNNING."""
        ...


class StartsJobs(Protocol):
    """What starts job runs."""

    def start(self, request: Mapping[str, Any], *, extra: Mapping[str, str] | None = None, trigger: str = "") -> str:
        """Queue a run; raises `GlueRefusal`."""
        ...


@dataclass(kw_only=True)
class _Wanted:
    """Jobs a fired trigger must still start: one that is busy starts when its run has ended."""

    trigger: str
    run: dict[str, Any]
    jobs: list[Mapping[str, Any]]
    started: list[str] = field(default_factory=list)


class WorkflowRunner:
    """Holds each workflow's batch and the starts that wait for a busy job."""

    def __init__(self, *, triggers: Triggers, glue: StartsJobs, clock: Callable[[], float]) -> None:
        self._triggers, self._glue, self._clock = triggers, glue, clock
        self._batches: dict[str, Batch] = {}
        self._wanted: list[_Wanted] = []
        self._open: list[_Wanted] = []
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self.refused: list[str] = []

    def begin(self) -> None:
        """Watch the windows in the background."""
        threading.Thread(target=self._watch, name="workflow-runner", daemon=True).start()

    def close(self) -> None:
        self._stopped.set()

    def notify(self, workflow: str) -> None:
        """One event arrived for `workflow`; raises `GlueRefusal` when it has no active EVENT trigger."""
        trigger = self._triggers.event_trigger(workflow)
        if trigger is None:
            raise GlueRefusal("EntityNotFoundException", f"workflow {workflow} has no active EVENT trigger")
        condition = trigger.get("EventBatchingCondition") or {}
        with self._lock:
            batch = self._batches.setdefault(workflow, Batch(size=1, window_seconds=DEFAULT_WINDOW_SECONDS))
            batch.size = condition.get("BatchSize", 1)
            batch.window_seconds = condition.get("BatchWindow", DEFAULT_WINDOW_SECONDS)
            batch.add(now=self._clock())
        self.poll()

    def poll(self, *, close_windows: bool = False) -> None:
        """Fire what is due and start what waited for a busy job; `close_windows` makes all of it due."""
        with self._lock:
            for workflow, batch in self._batches.items():
                batch.closed = batch.closed or (close_windows and batch.events > 0)
                if batch.due(now=self._clock()):
                    batch.take()
                    self._fire(workflow)
            self._wanted = [wanted for wanted in self._wanted if not self._start(wanted)]

    def pending(self) -> int:
        """Events and fired triggers that no job run answers yet."""
        with self._lock:
            return sum(batch.events for batch in self._batches.values()) + len(self._wanted)

    def unanswered(self) -> dict[str, int]:
        """The events no job run answers yet, by workflow; a start that waits counts as one."""
        with self._lock:
            counts = Counter({workflow: batch.events for workflow, batch in self._batches.items() if batch.events})
            counts.update(wanted.run["Name"] for wanted in self._wanted)
            return dict(counts)

    def restore(self, counts: Mapping[str, int]) -> None:
        """Take up the events an earlier endpoint left unanswered; those of a workflow that is gone are dropped."""
        for workflow, events in counts.items():
            with contextlib.suppress(GlueRefusal):
                for _ in range(events):
                    self.notify(workflow)

    def job_ended(self, run: Mapping[str, Any]) -> None:
        """Tell the workflow that started `run` how it ended."""
        with self._lock:
            for wanted in self._open:
                if run["Id"] in wanted.started:
                    _count(wanted.run, run["JobRunState"], completed_on=run["CompletedOn"])
            self._open = [wanted for wanted in self._open if wanted.run["Status"] == "RUNNING"]

    def _fire(self, workflow: str) -> None:
        trigger = self._triggers.event_trigger(workflow)
        if trigger is None:
            return  # the trigger went away with its events
        # Waiting starts of the same trigger are one debounce: the next run sees all that landed.
        if any(wanted.trigger == trigger["Name"] for wanted in self._wanted):
            return
        actions = list(trigger["Actions"])
        run = self._triggers.begin_run(workflow)
        run["Statistics"]["TotalActions"] = run["Statistics"]["RunningActions"] = len(actions)
        wanted = _Wanted(trigger=trigger["Name"], run=run, jobs=actions)
        self._wanted.append(wanted)
        self._open.append(wanted)

    def _start(self, wanted: _Wanted) -> bool:
        extra = {"--WORKFLOW_NAME": wanted.run["Name"], "--WORKFLOW_RUN_ID": wanted.run["WorkflowRunId"]}
        busy = []
        for action in wanted.jobs:
            try:
                started = self._glue.start(_request(action), extra=extra, trigger=wanted.trigger)
                wanted.started.append(started)
            except GlueRefusal as refusal:
                if refusal.code == "ConcurrentRunsExceededException":
                    busy.append(action)
                    continue
                self.refused.append(f"trigger {wanted.trigger}: {refusal}")
                _count(wanted.run, "FAILED", completed_on=wanted.run["StartedOn"])
        wanted.jobs = busy
        return not busy

    def _watch(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            self.poll()


def _request(action: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {"JobName": action["JobName"], "Arguments": action.get("Arguments", {})}
    if action.get("Timeout"):
        request["Timeout"] = action["Timeout"]
    return request


def _count(run: dict[str, Any], state: str, *, completed_on: int) -> None:
    statistics = run["Statistics"]
    name = {"SUCCEEDED": "SucceededActions", "TIMEOUT": "TimeoutActions", "STOPPED": "StoppedActions"}
    statistics[name.get(state, "FailedActions")] += 1
    statistics["RunningActions"] -= 1
    if statistics["RunningActions"] == 0:
        run["Status"], run["CompletedOn"] = "COMPLETED", completed_on


def workflow_name(arn: str) -> str | None:
    """The workflow an EventBridge target ARN means, or None when it is something else."""
    parts: Sequence[str] = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "glue" and parts[5].startswith("workflow/"):  # noqa: PLR2004
        return parts[5].removeprefix("workflow/")
    return None
