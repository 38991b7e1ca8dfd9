"""Our runners together: what starts with the endpoint, what a drain waits for, what health shows."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

from infra.local.events import EventDelivery
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


class Runners:
    """Starts, drains and stops the runners in the order data flows."""

    def __init__(
        self,
        *,
        firehose: Delivery,
        events: EventDelivery,
        workflows: WorkflowRunner,
        glue: GlueRunner,
        catalog: MinistackGlue,
        spark: SparkProcess,
    ) -> None:
        self._firehose, self._events, self._workflows = firehose, events, workflows
        self._glue, self._catalog, self._spark = glue, catalog, spark

    def begin(self, *, warm_spark: bool) -> None:
        """Start everything; with `warm_spark` also the Spark process, in the background."""
        for run in self._catalog.abandoned_runs():
            run.update(JobRunState="FAILED", ErrorMessage="the local endpoint ended before the run did")
            run["CompletedOn"] = int(time.time())
        self._glue.begin()
        self._workflows.begin()
        self._firehose.begin()
        if warm_spark:
            self._spark.start()

    def close(self) -> None:
        """Stop everything; undelivered records and events stay where they are."""
        self._firehose.close()
        self._workflows.close()
        self._glue.close()
        self._events.close()

    def drain(self) -> dict[str, Any]:
        """Deliver what is in the streams, let the workflows it wakes run, and wait for their jobs.

        Returns the counts of what happened, with every job run that ended meanwhile.
        """
        before = {run["Id"] for run in self._ended()}
        delivered = self._firehose.drain()
        while not self._quiet():
            time.sleep(_WAIT_SECONDS)
        fields = ("JobName", "Id", "JobRunState", "ErrorMessage", "ExecutionTime")
        ended = [run for run in self._ended() if run["Id"] not in before]
        return {
            "firehose": dict(delivered),
            "job_runs": [{name: run[name] for name in fields} for run in ended],
            "undelivered": list(self._events.undelivered) + list(self._workflows.refused),
        }

    def health(self) -> dict[str, Any]:
        """What each runner is doing."""
        return {
            "spark": {"pid": self._spark.pid, "ready": self._spark.ready},
            "glue": {"active": [run["Id"] for run in self._glue.active()]},
            "workflows": {"pending": self._workflows.pending()},
            "firehose": dict(self._firehose.health()),
            "undelivered": list(self._events.undelivered) + list(self._workflows.refused),
        }

    def _quiet(self) -> bool:
        self._events.settle()
        self._workflows.poll(close_windows=True)
        return not self._glue.active() and not self._workflows.pending()

    def _ended(self) -> list[dict[str, Any]]:
        return [run for run in self._catalog.all_runs() if "CompletedOn" in run]
