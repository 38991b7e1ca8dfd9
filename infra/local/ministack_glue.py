"""Puts our Glue and workflow runners behind ministack's Glue API and into its CloudFormation."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local import patches
from infra.local.glue import GlueRunner
from infra.local.job_run import ACTIVE, GlueRefusal

Response = tuple[int, dict[str, str], bytes]

_GLUE: Final = "ministack.services.glue:"
_RESPONSES: Final = "ministack.core.responses:"
# What ministack's CloudFormation leaves out of these resources and our runners need.
_KEPT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "AWS::Glue::Job": ("_jobs", ("ExecutionProperty", "MaxRetries", "ExecutionClass")),
    "AWS::Glue::Trigger": ("_triggers", ("EventBatchingCondition",)),
}


class MinistackGlue:
    """Glue's jobs, runs, triggers and workflows where ministack keeps them."""

    def __init__(self, *, publish: Callable[[Mapping[str, Any]], None]) -> None:
        self._publish = publish

    def job(self, name: str) -> Mapping[str, Any] | None:
        """The job called `name`."""
        job: Mapping[str, Any] | None = patches.get(f"{_GLUE}_jobs").get(name)
        return job

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a job, oldest first."""
        runs: list[dict[str, Any]] = patches.get(f"{_GLUE}_job_runs").setdefault(job, [])
        return runs

    def publish(self, *, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put an event of AWS's own on the default bus."""
        self._publish({"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)})

    def event_trigger(self, workflow: str) -> Mapping[str, Any] | None:
        """The EVENT trigger of `workflow`; CloudFormation activates it without being told."""
        triggers = patches.get(f"{_GLUE}_triggers").values()
        ours = (t for t in triggers if t.get("WorkflowName") == workflow and t.get("Type") == "EVENT")
        return next((trigger for trigger in ours if trigger["State"] != "DEACTIVATED"), None)

    def begin_run(self, workflow: str) -> dict[str, Any]:
        """A new run of `workflow`, status RUNNING."""
        actions = ("Total", "Running", "Stopped", "Succeeded", "Failed", "Timeout")
        run: dict[str, Any] = {
            "WorkflowRunId": f"wr_{uuid.uuid4().hex}",
            "Name": workflow,
            "Status": "RUNNING",
            "StartedOn": int(time.time()),
            "Statistics": {f"{name}Actions": 0 for name in actions},
            "WorkflowRunProperties": {},
        }
        patches.get(f"{_GLUE}_workflow_runs").setdefault(workflow, []).append(run)
        return run

    def all_runs(self) -> list[dict[str, Any]]:
        """The runs of every job, each job's oldest first."""
        return [run for runs in patches.get(f"{_GLUE}_job_runs").values() for run in runs]

    def abandoned_runs(self) -> list[dict[str, Any]]:
        """Runs of an endpoint that died before they ended."""
        return [run for run in self.all_runs() if run["JobRunState"] in ACTIVE]


def install(runner: GlueRunner, glue: MinistackGlue) -> None:
    """Route StartJobRun and BatchStopJobRun to `runner`; refuse what nothing here would really run."""

    def start_job_run(data: dict[str, Any]) -> Response:
        return _answer(lambda: {"JobRunId": runner.start(data)})

    def batch_stop(data: dict[str, Any]) -> Response:
        return _answer(lambda: _stop(runner, glue, data))

    patches.replace(f"{_GLUE}_start_job_run", start_job_run)
    patches.replace(f"{_GLUE}_batch_stop_job_run", batch_stop)
    for name in ("_start_crawler", "_start_workflow_run", "_start_trigger"):
        patches.replace(f"{_GLUE}{name}", _refuses(name))
    _complete_cloudformation()


def _stop(runner: GlueRunner, glue: MinistackGlue, data: Mapping[str, Any]) -> dict[str, Any]:
    job, errors, stopped = data["JobName"], [], []
    runs = {run["Id"]: run for run in glue.runs(job)}
    for run_id in data["JobRunIds"]:
        run = runs.get(run_id)
        if run is not None and run["JobRunState"] in ACTIVE:
            runner.stop_run(run)
            stopped.append({"JobName": job, "JobRunId": run_id})
        else:
            code = "EntityNotFoundException" if run is None else "InvalidInputException"
            detail = {"ErrorCode": code, "ErrorMessage": f"run {run_id} of {job} is not running"}
            errors.append({"JobName": job, "JobRunId": run_id, "ErrorDetail": detail})
    return {"SuccessfulSubmissions": stopped, "Errors": errors}


def _answer(do: Callable[[], dict[str, Any]]) -> Response:
    try:
        response: Response = patches.get(f"{_RESPONSES}json_response")(do())
    except GlueRefusal as refusal:
        response = patches.get(f"{_RESPONSES}error_response_json")(refusal.code, str(refusal), 400)
    return response


def _refuses(name: str) -> Callable[[dict[str, Any]], Response]:
    action = name.strip("_").title().replace("_", "")

    def refuse(data: dict[str, Any]) -> Response:
        response: Response = patches.get(f"{_RESPONSES}error_response_json")(
            "InvalidInputException", f"{action} does nothing on the local endpoint ({data.get('Name')})", 400
        )
        return response

    return refuse


def _complete_cloudformation() -> None:
    handlers = patches.get("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    for resource_type, (store, names) in _KEPT.items():
        handler = handlers[resource_type]
        # create(logical id, properties, …), update(physical id, old properties, new properties, …)
        for operation, position in (("create", 1), ("update", 2)):
            handler[operation] = _keeping(handler[operation], position, store=store, names=names)
    handlers["AWS::Glue::Workflow"] = {
        "create": _create_workflow,
        "update": _update_workflow,
        "delete": _delete_workflow,
    }


def _keeping(operation: Callable[..., Any], position: int, *, store: str, names: tuple[str, ...]) -> Callable[..., Any]:
    def with_all(*args: Any) -> Any:
        result, properties = operation(*args), args[position]
        kept = patches.get(f"{_GLUE}{store}")[result[0]]
        kept.update({name: properties[name] for name in names if name in properties})
        return result

    return with_all


def _create_workflow(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("Name") or f"{stack}-{logical_id}"
    status, _, body = patches.get(f"{_GLUE}_create_workflow")({**properties, "Name": name})
    if status >= 400:  # noqa: PLR2004 - an HTTP status
        raise ValueError(body.decode())
    return name, {}


def _update_workflow(
    physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str
) -> tuple[str, dict[str, str]]:
    if new.get("Name", physical_id) != physical_id:
        created = _create_workflow(physical_id, new, stack)
        _delete_workflow(physical_id, old)
        return created
    workflow = patches.get(f"{_GLUE}_workflows")[physical_id]
    workflow.update({name: new[name] for name in ("Description", "MaxConcurrentRuns") if name in new})
    return physical_id, {}


def _delete_workflow(physical_id: str, _properties: dict[str, Any]) -> None:
    patches.get(f"{_GLUE}_delete_workflow")({"Name": physical_id})
