"""Personalize's control plane by boto3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.personalize_sync.failures import DONE, Answer, answer_of
from consumers.personalize_sync.plan import Call
from consumers.personalize_sync.world import ACTIVE, Campaign, Change, Dataset, Resource, Solution, Tracker

_JOBS = frozenset({"DatasetImportJob", "BatchInferenceJob"})


@dataclass(frozen=True, slots=True)
class Boto3Personalize:
    """For one invocation: jobs that have ended are asked about once, since they change no more."""

    client: Any
    _ended: dict[str, Resource] = field(default_factory=dict)

    def find(self, kind: str, arn: str) -> Resource | None:
        if arn in self._ended:
            return self._ended[arn]
        found = self._described(kind, arn)
        if found is None:
            return None
        resource = Resource(**_common(kind, arn, found))
        if kind in _JOBS and not resource.is_pending:
            self._ended[arn] = resource
        return resource

    def dataset(self, arn: str) -> Dataset | None:
        found = self._described("Dataset", arn)
        if found is None:
            return None
        change = _change(found.get("latestDatasetUpdate"), "schemaArn")
        return Dataset(**_common("Dataset", arn, found), schema_arn=found["schemaArn"], change=change)

    def solution(self, arn: str) -> Solution | None:
        found = self._described("Solution", arn)
        return Solution(**_common("Solution", arn, found), recipe_arn=found["recipeArn"]) if found else None

    def campaign(self, arn: str) -> Campaign | None:
        found = self._described("Campaign", arn)
        if found is None:
            return None
        return Campaign(
            **_common("Campaign", arn, found),
            version_arn=found["solutionVersionArn"],
            min_tps=found["minProvisionedTPS"],
            change=_change(found.get("latestCampaignUpdate"), "solutionVersionArn"),
        )

    def tracker(self, group_arn: str) -> Tracker | None:
        for each in self._listed("list_event_trackers", "eventTrackers", datasetGroupArn=group_arn):
            arn = each["eventTrackerArn"]
            found = self._described("EventTracker", arn)
            if found:
                return Tracker(**_common("EventTracker", arn, found), tracking_id=found["trackingId"])
        return None

    def versions(self, solution_arn: str) -> tuple[Resource, ...]:
        listed = self._listed("list_solution_versions", "solutionVersions", solutionArn=solution_arn)
        found = (Resource(**_common("SolutionVersion", each["solutionVersionArn"], each)) for each in listed)
        return tuple(sorted(found, key=lambda version: (version.created, version.arn)))

    def has_imports(self, dataset_arn: str) -> bool:
        listed = self._listed("list_dataset_import_jobs", "datasetImportJobs", datasetArn=dataset_arn)
        return any(each["status"] == ACTIVE for each in listed)

    def metrics(self, version_arn: str) -> Mapping[str, float]:
        with translated(f"metrics of {version_arn}"):
            metrics: dict[str, float] = self.client.get_solution_metrics(solutionVersionArn=version_arn)["metrics"]
        return metrics

    def make(self, call: Call) -> Answer:
        with translated(f"{call.operation} {call.arn}"):
            try:
                getattr(self.client, _snake(call.operation))(**call.request)
            except ClientError as error:
                answer = answer_of(error_code(error), str(error.response["Error"].get("Message", "")))
                if answer is None:
                    raise
                return answer
        return DONE

    def _described(self, kind: str, arn: str) -> dict[str, Any] | None:
        member = kind[0].lower() + kind[1:]
        with translated(f"describe {arn}"):
            try:
                found: dict[str, Any] = getattr(self.client, f"describe_{_snake(kind)}")(**{f"{member}Arn": arn})
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return None
                raise
        described: dict[str, Any] = found[member]
        return described

    def _listed(self, operation: str, member: str, **of: str) -> list[dict[str, Any]]:
        with translated(f"{operation} of {of}"):
            pages = self.client.get_paginator(operation).paginate(**of)
            return [each for page in pages for each in page[member]]


def _common(kind: str, arn: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Schemas have no status: they are there at once."""
    return {
        "kind": kind,
        "arn": arn,
        "status": found.get("status", ACTIVE),
        "created": found["creationDateTime"].timestamp(),
        "updated": found["lastUpdatedDateTime"].timestamp(),
        "failure": found.get("failureReason") or "",
    }


def _change(found: Mapping[str, Any] | None, member: str) -> Change | None:
    if not found:
        return None
    return Change(
        to=found.get(member, ""),
        status=found["status"],
        updated=found["lastUpdatedDateTime"].timestamp(),
        failure=found.get("failureReason") or "",
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
