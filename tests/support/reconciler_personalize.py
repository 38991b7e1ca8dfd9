"""A control plane of Personalize in memory, asked as boto3's client is: it refuses what the service refuses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

_ARN: Final = "arn:aws:personalize:us-east-1:000000000000:"
_PENDING_SECONDS: Final = 1.0
_AT_ONCE: Final = {"Schema"}
_MOST_PENDING: Final = {"DatasetImportJob": 5, "BatchInferenceJob": 5, "SolutionVersion": 20}
_METRICS: Final = {"normalized_discounted_cumulative_gain_at_25": 0.2}


@dataclass
class Made:
    """`steps`: statuses by the second from which they hold."""

    kind: str
    arn: str
    body: dict[str, Any]
    created: float
    steps: list[tuple[float, str]]
    failure: str = ""
    change: dict[str, Any] | None = None
    change_steps: list[tuple[float, str]] = field(default_factory=list)


@dataclass
class FakePersonalize:
    """`takes`: seconds from CREATE PENDING to ACTIVE; `fails`: reasons by a part of the ARN; `refuses`: what the next
    call of an operation meets instead, code and message, in order."""

    clock: Callable[[], float]
    batch: Callable[[Mapping[str, Any]], None] | None = None  # what a batch inference job does
    put_events: bool = False  # whether interactions came by the stream
    takes: float = 2.0
    slow: dict[str, float] = field(default_factory=dict)  # seconds by a part of the ARN
    fails: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    metrics: dict[str, Mapping[str, float]] = field(default_factory=dict)  # by a part of the version's ARN
    made: dict[str, Made] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)  # ARNs of what was created, with each update of it

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        word, _, noun = operation.partition("_")
        if word not in {"create", "describe", "list", "update", "get"}:
            raise AttributeError(operation)

        def call(**request: Any) -> dict[str, Any]:
            name = operation.title().replace("_", "")
            if self.refuses.get(name):
                code, message = self.refuses[name].pop(0)
                raise refusal(code, message)
            answer: dict[str, Any] = getattr(self, f"_{word}")(noun.title().replace("_", ""), request)
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        return _Pages(self, operation)

    def get_solution_metrics(self, *, solutionVersionArn: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        self._require_active(solutionVersionArn)
        found = next((m for part, m in self.metrics.items() if part in solutionVersionArn), _METRICS)
        return {"metrics": dict(found)}

    def _create(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        checked = getattr(self, f"_check_{_snake(kind)}", None)
        if checked:
            checked(request)
        arn = self._arn(kind, request)
        if arn in self.made:
            raise refusal("ResourceAlreadyExistsException", f"Another resource with Arn {arn} already exists.")
        self._check_quota(kind)
        now = self.clock()
        failure = next((why for part, why in self.fails.items() if part in arn), "")
        takes = next((seconds for part, seconds in self.slow.items() if part in arn), self.takes)
        steps = [(now, "ACTIVE")] if kind in _AT_ONCE else self._steps(now, failure, takes)
        body = dict(request) | {f"{_member(kind)}Arn": arn}
        self.made[arn] = Made(kind, arn, body, now, steps, failure)
        self.started.append(arn)
        if kind == "BatchInferenceJob" and self.batch:
            self.batch(request)
        return {f"{_member(kind)}Arn": arn}

    def _describe(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        made = self._get(request[f"{_member(kind)}Arn"])
        shown = self._shown(made)
        for name in ("Campaign", "Dataset"):
            if kind == name and made.change:
                shown[f"latest{name}Update"] = self._latest(made)
        if kind == "Campaign":
            shown["minProvisionedTPS"] = made.body.get("minProvisionedTPS", 1)
        if kind == "EventTracker":
            shown["trackingId"] = f"tracking-{made.body['name']}"
        return {_member(kind): shown}

    def _list(self, kinds: str, request: dict[str, Any]) -> dict[str, Any]:
        kind = kinds.removesuffix("s")
        found = [made for made in self.made.values() if made.kind == kind]
        own = [m for m in found if all(m.body.get(name) == value for name, value in request.items())]
        return {f"{_member(kind)}s": [self._shown(made) for made in own]}

    def _update(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        made = self._require_active(request[f"{_member(kind)}Arn"])
        if made.change and not self._latest(made)["status"].startswith(("ACTIVE", "CREATE FAILED")):
            raise refusal("ResourceInUseException", f"{made.arn} is not in a valid state: an update is in progress.")
        if kind == "Campaign":
            self._require_active(request["solutionVersionArn"])
        now = self.clock()
        failure = next((why for part, why in self.fails.items() if part in f"update:{made.arn}"), "")
        made.change = {k: v for k, v in request.items() if not k.endswith(f"{_member(kind)}Arn")} | {"failure": failure}
        made.change_steps = self._steps(now, failure, self.takes)
        self.started.append(f"{made.arn} -> {request.get('solutionVersionArn') or request.get('schemaArn')}")
        return {f"{_member(kind)}Arn": made.arn}

    def _shown(self, made: Made) -> dict[str, Any]:
        if made.change and self._latest(made)["status"] == "ACTIVE":
            made.body |= {k: v for k, v in made.change.items() if k != "failure"}
        at, status = self._at(made.steps)
        shown = made.body | {
            "status": status,
            "creationDateTime": _time(made.created),
            "lastUpdatedDateTime": _time(at),
        }
        if status == "CREATE FAILED":
            shown["failureReason"] = made.failure
        return {name: value for name, value in shown.items() if made.kind != "Schema" or name != "status"}

    def _latest(self, made: Made) -> dict[str, Any]:
        at, status = self._at(made.change_steps)
        change = dict(made.change or {})
        failure = change.pop("failure")
        more = {"failureReason": failure} if status == "CREATE FAILED" else {}
        return change | {"status": status, "creationDateTime": _time(at), "lastUpdatedDateTime": _time(at), **more}

    def _steps(self, now: float, failure: str, takes: float) -> list[tuple[float, str]]:
        last = "CREATE FAILED" if failure else "ACTIVE"
        return [(now, "CREATE PENDING"), (now + _PENDING_SECONDS, "CREATE IN_PROGRESS"), (now + takes, last)]

    def _at(self, steps: list[tuple[float, str]]) -> tuple[float, str]:
        return next(step for step in reversed(steps) if step[0] <= self.clock())

    def status(self, made: Made) -> str:
        return self._at(made.steps)[1]

    def _get(self, arn: str) -> Made:
        if arn not in self.made:
            raise refusal("ResourceNotFoundException", f"Resource Arn {arn} does not exist.")
        return self.made[arn]

    def _require_active(self, arn: str) -> Made:
        made = self._get(arn)
        status = self.status(made)
        if status.endswith(("PENDING", "IN_PROGRESS")):
            raise refusal("ResourceInUseException", f"{arn} is not in a valid state: its status is {status}.")
        if status != "ACTIVE":
            raise refusal("InvalidInputException", f"{arn} is not in a valid state: its status is {status}.")
        return made

    def _arn(self, kind: str, request: dict[str, Any]) -> str:
        match kind:
            case "Dataset":
                group = request["datasetGroupArn"].rpartition("/")[2]
                return f"{_ARN}dataset/{group}/{request['datasetType'].upper()}"
            case "SolutionVersion":
                return f"{request['solutionArn']}/{version_id(request['name'])}"
            case "EventTracker":
                return f"{_ARN}event-tracker/{hashlib.sha256(request['name'].encode()).hexdigest()[:8]}"
        return f"{_ARN}{_snake(kind).replace('_', '-')}/{request.get('name') or request['jobName']}"

    def _check_quota(self, kind: str) -> None:
        most = _MOST_PENDING.get(kind)
        pending = [m for m in self.made.values() if m.kind == kind and "ACTIVE" != self.status(m) != "CREATE FAILED"]
        if most is not None and len(pending) >= most:
            message = f"More than {most} resources with PENDING or IN_PROGRESS status."
            raise refusal("LimitExceededException", message)

    def _check_dataset(self, request: dict[str, Any]) -> None:
        self._require_active(request["datasetGroupArn"])
        self._get(request["schemaArn"])

    def _check_event_tracker(self, request: dict[str, Any]) -> None:
        self._require_active(request["datasetGroupArn"])
        if any(made.kind == "EventTracker" for made in self.made.values()):
            raise refusal("ResourceAlreadyExistsException", "The group has an event tracker already.")

    def _check_filter(self, request: dict[str, Any]) -> None:
        if self.status(self._get(request["datasetGroupArn"])) != "ACTIVE":
            raise refusal("InvalidInputException", "The group is not in a valid state.")

    def _check_solution(self, request: dict[str, Any]) -> None:
        self._require_active(request["datasetGroupArn"])

    def _check_dataset_import_job(self, request: dict[str, Any]) -> None:
        self._require_active(request["datasetArn"])
        if request["importMode"] == "INCREMENTAL" and not self.imports(request["datasetArn"]):
            raise refusal("InvalidInputException", "The first import job of a dataset must be FULL.")

    def _check_solution_version(self, request: dict[str, Any]) -> None:
        solution = self._require_active(request["solutionArn"])
        group = solution.body["datasetGroupArn"].rpartition("/")[2]
        if not self.put_events and not self.imports(f"{_ARN}dataset/{group}/INTERACTIONS"):
            raise refusal("InvalidInputException", "There are no interactions to train on.")

    def _check_campaign(self, request: dict[str, Any]) -> None:
        self._require_active(request["solutionVersionArn"])

    def _check_batch_inference_job(self, request: dict[str, Any]) -> None:
        self._require_active(request["solutionVersionArn"])

    def imports(self, dataset_arn: str) -> list[Made]:
        """Those that succeeded, in order."""
        found = (m for m in self.made.values() if m.kind == "DatasetImportJob" and m.body["datasetArn"] == dataset_arn)
        return [made for made in found if self.status(made) == "ACTIVE"]


@dataclass
class _Pages:
    fake: FakePersonalize
    operation: str

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        yield getattr(self.fake, self.operation)(**request)


def version_id(name: str) -> str:
    """By which a version of this name is known, here: always the same."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Any")


def _member(kind: str) -> str:
    return kind[0].lower() + kind[1:]


def _snake(kind: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", kind).lower()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
