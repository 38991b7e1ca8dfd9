"""Publish the interactions anew from all that the lake holds, by a run of the job that does so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from contract.errors import ClickstreamError, TransientError
from producers.sdk.clock import Clock

REPROCESS = {"--reprocess": "true"}
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
_POLL_SECONDS = 2.0


class RunFailed(ClickstreamError):
    """The job ran and did not do its work; the message has its own words."""


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    state: str
    error: str = ""


class Jobs(Protocol):
    """Every call raises `TransientError` while the service is busy."""

    def start(self, name: str, arguments: dict[str, str]) -> str:
        """The id of the run. Raises `TransientError`, too, while another run of the job has not ended."""
        ...

    def look(self, name: str, run_id: str) -> Run: ...


@dataclass(frozen=True, slots=True)
class GlueJobs:
    client: Any

    def start(self, name: str, arguments: dict[str, str]) -> str:
        try:
            with translated(f"start {name}"):
                run_id: str = self.client.start_job_run(JobName=name, Arguments=arguments)["JobRunId"]
        except ClientError as error:
            if error_code(error) == "ConcurrentRunsExceededException":
                raise TransientError(f"{name} runs already; try again when it has ended") from error
            raise
        return run_id

    def look(self, name: str, run_id: str) -> Run:
        with translated(f"look at run {run_id} of {name}"):
            run = self.client.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return Run(run_id, run["JobRunState"], run.get("ErrorMessage", ""))


def republish(jobs: Jobs, job: str, clock: Clock, progress: Callable[[Run], None] = lambda _: None) -> Run:
    """Start the job and wait for its end; `progress` hears each new state. Raises RunFailed with the job's words."""
    run = Run(jobs.start(job, dict(REPROCESS)), "STARTING")
    progress(run)
    while run.state not in ENDED:
        clock.sleep(_POLL_SECONDS)
        now = jobs.look(job, run.id)
        if now != run:
            progress(now)
        run = now
    if run.state != "SUCCEEDED":
        raise RunFailed(f"run {run.id} of {job} {run.state}: {run.error}")
    return run
