"""Runs Glue jobs for real: StartJobRun puts a run in a queue, one thread takes it to the Spark process."""

import queue
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.job_run import (
    ACTIVE,
    GlueRefusal,
    Start,
    finish,
    new_run,
    read_start,
    script_arguments,
    spark_options,
    state_change,
)
from infra.local.spark_process import Outcome, Task

_TAIL_CHARS = 3_000


class Spark(Protocol):
    """What runs a task: the warm process, or a fake."""

    def run(self, task: Task, *, timeout_seconds: float, cancelled: Callable[[], bool]) -> Outcome:
        """Run `task` to its end, unless it was cancelled before."""
        ...

    def kill(self) -> None:
        """Kill whatever runs now."""
        ...

    def retire(self) -> None:
        """End, now that nothing runs."""
        ...


class Catalog(Protocol):
    """Glue's jobs and their runs, as its API shows them."""

    def job(self, name: str) -> Mapping[str, Any] | None:
        """The job called `name`."""
        ...

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a job, oldest first; appending to the list adds one."""
        ...

    def publish(self, *, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put an event of AWS's own on the default bus."""
        ...


class GlueRunner:
    """Accepts job runs as Glue does and runs them one after another."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        spark: Spark,
        fetch: Callable[[str, Path], None],
        scratch: Path,
        logs: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog, self._spark, self._fetch = catalog, spark, fetch
        self._scratch, self._logs, self._clock = scratch, logs, clock
        self._queue: queue.Queue[tuple[Start, dict[str, Any]] | None] = queue.Queue()
        self._running: dict[str, Any] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="glue-runner", daemon=True)
        self.ended: list[Callable[[Mapping[str, Any]], None]] = []
        self.accepted = 0  # runs since the start

    def begin(self) -> None:
        """Start taking runs."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def close(self) -> None:
        """Fail what runs or waits, saying why, and end the thread."""
        self._queue.put(None)
        running = self.active()
        for run in running:
            self._finish(run, "STOPPED", error="the local endpoint was stopped")
        if running:
            self._spark.kill()
        else:
            self._spark.retire()

    def start(self, request: Mapping[str, Any], *, extra: Mapping[str, str] | None = None, trigger: str = "") -> str:
        """Queue a run and return its id; raises `GlueRefusal` as StartJobRun does.

        `extra` are arguments a workflow adds, `trigger` the trigger that started the run.
        """
        name = str(request.get("JobName"))
        job = self._catalog.job(name)
        if job is None:
            raise GlueRefusal("EntityNotFoundException", f"Job {name} not found")
        with self._lock:
            active = sum(run["JobRunState"] in ACTIVE for run in self._catalog.runs(name))
            start = read_start(request, job, active=active, extra=extra)
            spark_options(start.arguments)
            return self._enqueue(start, trigger=trigger)

    def stop_run(self, run: dict[str, Any]) -> None:
        """Stop a run that is queued or running."""
        self._finish(run, "STOPPED", error="stopped by BatchStopJobRun")
        if self._running is run:
            self._spark.kill()

    def active(self) -> list[dict[str, Any]]:
        """Runs that are queued or running, in order."""
        with self._queue.mutex:
            waiting = [entry[1] for entry in self._queue.queue if entry is not None]
        runs = ([self._running] if self._running else []) + waiting
        return [run for run in runs if run["JobRunState"] in ACTIVE]

    def idle(self) -> bool:
        """Whether every accepted run has ended and its end was told."""
        return not self._queue.unfinished_tasks

    def _enqueue(self, start: Start, *, trigger: str) -> str:
        run_id = f"jr_{uuid.uuid4().hex}" + (f"_attempt_{start.attempt}" if start.attempt else "")
        run = new_run(start, run_id=run_id, now=int(self._clock()), log=str(self._log(run_id)))
        run["TriggerName"] = trigger
        self._catalog.runs(start.job["Name"]).append(run)
        self._queue.put((start, run))
        self.accepted += 1
        return run_id

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            start, run = entry
            self._running = run
            with self._lock:
                waiting = run["JobRunState"] in ACTIVE
                if waiting:
                    run["JobRunState"] = "RUNNING"
            if waiting:
                self._execute(start, run)
            self._running = None
            self._queue.task_done()

    def _execute(self, start: Start, run: dict[str, Any]) -> None:
        try:
            task = self._prepare(start, run)
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            self._finish(run, "FAILED", error=f"could not fetch what the job needs: {error}")
            return
        outcome = self._spark.run(
            task,
            timeout_seconds=start.timeout_minutes * 60,
            cancelled=lambda: run["JobRunState"] not in ACTIVE,
        )
        shutil.rmtree(self._scratch / run["Id"], ignore_errors=True)
        reason = f"{outcome.error}\n{self._tail(task.log)}" if outcome.error else ""
        self._finish(run, outcome.state, error=reason.strip(), pid=outcome.pid)
        self._retry(start, run)

    def _prepare(self, start: Start, run: Mapping[str, Any]) -> Task:
        folder = self._scratch / run["Id"]
        folder.mkdir(parents=True)
        script = folder / "script.py"
        self._fetch(start.job["Command"]["ScriptLocation"], script)
        libraries = []
        for number, uri in enumerate(filter(None, start.arguments.get("--extra-py-files", "").split(","))):
            # Spark tells shipped files apart by their name, so a run's need one of their own.
            libraries.append(folder / f"{run['Id']}-{number}-{uri.rpartition('/')[2]}")
            self._fetch(uri, libraries[-1])
        return Task(
            script=script,
            libraries=libraries,
            argv=script_arguments(run),
            spark=spark_options(start.arguments),
            log=self._log(run["Id"]),
        )

    def _retry(self, start: Start, run: Mapping[str, Any]) -> None:
        if run["JobRunState"] == "FAILED" and start.attempt < start.job.get("MaxRetries", 0):
            again = Start(
                job=start.job,
                arguments=start.arguments,
                timeout_minutes=start.timeout_minutes,
                attempt=start.attempt + 1,
                previous=run["Id"],
            )
            self._enqueue(again, trigger=run["TriggerName"])

    def _finish(self, run: dict[str, Any], state: str, *, error: str = "", pid: int | None = None) -> None:
        with self._lock:
            if run["JobRunState"] not in ACTIVE:
                return  # it was stopped before, which is what killed it
            finish(run, state, now=int(self._clock()), error=error, pid=pid)
        self._catalog.publish(source="aws.glue", detail_type="Glue Job State Change", detail=state_change(run))
        for listener in self.ended:
            listener(run)

    def _log(self, run_id: str) -> Path:
        return self._logs / f"{run_id}.log"

    def _tail(self, log: Path) -> str:
        if not log.exists():
            return ""
        return f"{log.read_text(errors='replace')[-_TAIL_CHARS:]}\nThe whole log is {log}"
