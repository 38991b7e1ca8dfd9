"""What a Glue job run is: which jobs and arguments our runner takes, and the record of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ACTIVE: Final = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
MARK: Final = "run by the local Spark runner"

_DEFAULT_TIMEOUT_MINUTES: Final = 480
_CAPACITY: Final = frozenset({"AllocatedCapacity", "MaxCapacity", "NumberOfWorkers", "WorkerType", "ExecutionClass"})
_START_PARAMETERS: Final = frozenset({"JobName", "Arguments", "Timeout"}) | _CAPACITY
# Glue acts on these itself. They change where logs and metrics go, not what a job does.
_OBSERVED: Final = frozenset(
    {
        "--continuous-log-logGroup",
        "--continuous-log-logStreamPrefix",
        "--enable-continuous-cloudwatch-log",
        "--enable-continuous-log-filter",
        "--enable-job-insights",
        "--enable-metrics",
        "--enable-observability-metrics",
        "--enable-spark-ui",
        "--spark-event-logs-path",
    }
)
_REFUSED: Final = frozenset(
    {
        "--additional-python-modules",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--datalake-formats",
        "--enable-glue-datacatalog",
        "--extra-files",
        "--extra-jars",
        "--python-modules-installer-option",
        "--scriptLocation",
        "--use-postgres-driver",
        "--user-jars-first",
    }
)


class GlueRefusal(Exception):
    """A request Glue, or our runner, does not take; `code` is Glue's own name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Start:
    """One request to run a job, checked."""

    job: Mapping[str, Any]
    arguments: Mapping[str, str]
    timeout_minutes: int
    attempt: int = 0
    previous: str = ""
    trigger: str = ""


def read_start(
    request: Mapping[str, Any], job: Mapping[str, Any], *, active: int, extra: Mapping[str, str] | None = None
) -> Start:
    """The start that `request` asks for; raises `GlueRefusal` naming what cannot be honoured.

    `active` is how many runs of the job are under way; `extra` are arguments a workflow adds.
    """
    unknown = sorted(set(request) - _START_PARAMETERS)
    if unknown:
        raise GlueRefusal("InvalidInputException", f"the local Glue runner does not honour {', '.join(unknown)}")
    most = (job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns", 1)
    if active >= most:
        raise GlueRefusal(
            "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}: at most {most}"
        )
    arguments = {**job.get("DefaultArguments", {}), **(extra or {}), **request.get("Arguments", {})}
    check_job(job, arguments)
    timeout = request.get("Timeout") or job.get("Timeout") or _DEFAULT_TIMEOUT_MINUTES
    return Start(job=job, arguments=arguments, timeout_minutes=int(timeout))


def check_job(job: Mapping[str, Any], arguments: Mapping[str, str]) -> None:
    """Raise `GlueRefusal` for a job that would not really run here."""
    command = job.get("Command", {})
    if command.get("Name") != "glueetl":
        raise GlueRefusal(
            "InvalidInputException",
            f"the local Glue runner runs Spark jobs (glueetl) only; {job['Name']} is {command.get('Name')!r}",
        )
    refused = sorted(_REFUSED & set(arguments))
    if arguments.get("--job-language", "python") != "python":
        refused.append("--job-language")
    if arguments.get("--job-bookmark-option", "job-bookmark-disable") != "job-bookmark-disable":
        refused.append("--job-bookmark-option")
    if refused:
        raise GlueRefusal("InvalidInputException", f"the local Glue runner does not honour {', '.join(refused)}")


def new_run(start: Start, *, run_id: str, now: int, log: str) -> dict[str, Any]:
    """The run as GetJobRun shows it, before anything happened; times are epoch seconds."""
    job = start.job
    return {
        "Id": run_id,
        "Attempt": start.attempt,
        "PreviousRunId": start.previous,
        "TriggerName": start.trigger,
        "JobName": job["Name"],
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "Arguments": dict(start.arguments),
        "ErrorMessage": "",
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": start.timeout_minutes,
        "WorkerType": job.get("WorkerType", "G.1X"),
        "NumberOfWorkers": job.get("NumberOfWorkers", 2),
        "GlueVersion": job.get("GlueVersion", "5.1"),
        "LogGroupName": log,
    }


def finish(run: dict[str, Any], state: str, *, now: int, error: str = "", pid: int | None = None) -> None:
    """Move `run` to its final state; `pid` is the process that ran it and becomes our mark."""
    run["ErrorMessage"] = error
    run["CompletedOn"] = run["LastModifiedOn"] = now
    run["ExecutionTime"] = now - run["StartedOn"]
    if pid is not None:
        run["StateDetail"] = f"{MARK}, process {pid}"
    run["JobRunState"] = state  # last, as whoever polls reads the rest once this is final


def script_arguments(run: Mapping[str, Any]) -> list[str]:
    """`sys.argv` after the script, as Glue passes it: each key and its value, the job's name first."""
    arguments = {"--JOB_NAME": run["JobName"], "--JOB_RUN_ID": run["Id"], **run["Arguments"]}
    return [part for key, value in arguments.items() for part in (key, str(value))]


def spark_options(arguments: Mapping[str, str]) -> dict[str, str]:
    """The session settings in Glue's `--conf` argument: "a=b --conf c=d"; raises `GlueRefusal`."""
    text = arguments.get("--conf", "").strip()
    options = {}
    for part in text.split(" --conf ") if text else []:
        key, equals, value = part.strip().partition("=")
        if not equals or not key.startswith("spark.sql."):
            raise GlueRefusal(
                "InvalidInputException", f"--conf {part!r}: a warm session takes spark.sql.* settings only"
            )
        options[key] = value
    return options


def state_change(run: Mapping[str, Any]) -> dict[str, Any]:
    """The detail of the "Glue Job State Change" event for a run that ended."""
    state = run["JobRunState"]
    return {
        "jobName": run["JobName"],
        "severity": "INFO" if state == "SUCCEEDED" else "ERROR" if state in {"FAILED", "TIMEOUT"} else "WARN",
        "state": state,
        "jobRunId": run["Id"],
        "message": run["ErrorMessage"] or f"Job run {state.lower()}",
    }
