"""Our runners together: what starts with the endpoint, what a drain waits for, what health shows."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from infra.local.events import EventDelivery
from infra.local.faults import Faults
from infra.local.functions_async import AsyncInvocations
from infra.local.glue import GlueRunner
from infra.local.ministack_glue import MinistackGlue
from infra.local.spark_process import SparkProcess
from infra.local.workflows import WorkflowRunner

_WAIT_SECONDS = 0.05


class Delivery(Protocol):
    """Firehose, as a drain sees it."""

    def begin(self) -> None:
        """Start delivering in the background."""
        ...

    def close(self) -> None:
        """Stop; what was not delivered is read again after a restart."""
        ...

    def drain(self) -> Mapping[str, int]:
        """Deliver everything that is in the streams now; counts of this drain."""
        ...

    def health(self) -> Mapping[str, Any]:
        """Totals since the start."""
        ...


class Sources(Protocol):
    """Lambda's Kinesis event sources, as a drain sees them."""

    def begin(self) -> None:
        """Start polling in the background."""
        ...

    def close(self) -> None:
        """Stop; what is not done is read again after a restart."""
        ...

    def begin_drain(self) -> None:
        """Only failures from now on count as such for this drain."""
        ...

    def settled(self) -> bool:
        """Whether nothing is left but what keeps failing."""
        ...

    def failing(self) -> list[dict[str, Any]]:
        """The batches that keep failing."""
        ...

    def health(self) -> Mapping[str, Any]:
        """Each mapping: counts, lag, what last went wrong."""
        ...


class Queues(Protocol):
    """The queues that functions read."""

    def settled(self) -> bool:
        """Whether nothing is left but what failed and waits."""
        ...

    def failing(self) -> list[dict[str, Any]]:
        """What failed and waits."""
        ...


class Counts(Protocol):
    """The invocations of functions."""

    def running(self) -> int:
        """The invocations under way."""
        ...

    def begun(self) -> int:
        """A number that changes with every invocation."""
        ...

    def shown(self) -> Mapping[str, Any]:
        """How often each function ran."""
        ...


@dataclass(frozen=True, kw_only=True)
class Runners:
    """Starts, drains and stops the runners in the order data flows."""

    firehose: Delivery
    streams: Sources
    functions: AsyncInvocations
    queues: Queues
    counts: Counts
    orders: Faults
    events: EventDelivery
    workflows: WorkflowRunner
    glue: GlueRunner
    catalog: MinistackGlue
    spark: SparkProcess
    wake_ups: Path  # keeps what no job run answered over a restart
    unanswered: Path  # and what no function did

    def begin(self, *, warm_spark: bool) -> None:
        """Start everything; with `warm_spark` also the Spark process, in the background."""
        for run in self.catalog.abandoned_runs():
            run.update(JobRunState="FAILED", ErrorMessage="the local endpoint ended before the run did")
            run["CompletedOn"] = int(time.time())
        self.glue.begin()
        if self.wake_ups.exists():
            self.workflows.restore(json.loads(self.wake_ups.read_text()))
            self.wake_ups.unlink()
        self.workflows.begin()
        self.firehose.begin()
        if self.unanswered.exists():
            self.functions.restore(json.loads(self.unanswered.read_text()))
            self.unanswered.unlink()
        self.functions.begin()
        self.streams.begin()
        if warm_spark:
            self.spark.start()

    def close(self) -> None:
        """Stop everything; undelivered records and events stay where they are."""
        self.firehose.close()
        self.streams.close()
        self.functions.close()
        self.workflows.close()
        self.wake_ups.write_text(json.dumps(self.workflows.unanswered()))
        self.glue.close()
        self.events.close()
        # Only now: the last events, those of stopped jobs among them, may be for functions.
        self.unanswered.write_text(json.dumps(self.functions.unanswered()))

    def drain(self) -> dict[str, Any]:
        """Deliver what is in the streams, let the functions and workflows it wakes run, and what those wake.

        Returns the counts of what happened, with every job run that ended meanwhile. What keeps failing is
        not waited for: it is named, with its error.
        """
        before = {run["Id"] for run in self._ended()}
        given_up = self.functions.counts["given_up"]
        self.streams.begin_drain()
        delivered = self.firehose.drain()
        while not self._quiet():
            time.sleep(_WAIT_SECONDS)
        fields = ("JobName", "Id", "JobRunState", "ErrorMessage", "ExecutionTime")
        ended = [run for run in self._ended() if run["Id"] not in before]
        return {
            "firehose": dict(delivered),
            "job_runs": [{name: run[name] for name in fields} for run in ended],
            "failing": self.streams.failing() + self.queues.failing(),
            "given_up": self.functions.last_given_up(self.functions.counts["given_up"] - given_up),
            "undelivered": list(self.events.undelivered) + list(self.workflows.refused),
        }

    def health(self) -> dict[str, Any]:
        """What each runner is doing."""
        return {
            "pid": os.getpid(),
            "spark": {"pid": self.spark.pid, "ready": self.spark.ready},
            "glue": {"active": [run["Id"] for run in self.glue.active()]},
            "workflows": {"pending": self.workflows.pending()},
            "firehose": dict(self.firehose.health()),
            "streams": dict(self.streams.health()),
            "functions": dict(self.counts.shown()),
            "asynchronous": self.functions.health(),
            "faults": self.orders.shown(),
            "undelivered": list(self.events.undelivered) + list(self.workflows.refused),
        }

    def faults(self, document: Any) -> dict[str, Any]:
        """Order faults in the place of those before; raises `ConfigurationError` for what is not known."""
        return self.orders.order(document)

    def _quiet(self) -> bool:
        # The end of a run or of an invocation may wake others. All idle, and nothing accepted or begun
        # since: nothing is on its way to a rule.
        seen = self._activity()
        idle = self.glue.idle() and self.streams.settled() and self.queues.settled()
        idle = idle and self.functions.idle() and not self.counts.running()
        self.events.settle()
        self.workflows.poll(close_windows=True)
        return idle and self._activity() == seen and not self.workflows.pending()

    def _activity(self) -> tuple[int, int, int]:
        return self.glue.accepted, self.counts.begun(), self.functions.counts["accepted"]

    def _ended(self) -> list[dict[str, Any]]:
        return [run for run in self.catalog.all_runs() if "CompletedOn" in run]
