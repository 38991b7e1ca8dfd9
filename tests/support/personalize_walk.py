"""The Personalize loop as a team walks it with boto3: every step waits for ACTIVE."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.personalize_server import Server

ROLE = "arn:aws:iam::000000000000:role/personalize"
_PATIENCE_SECONDS = 300.0

INTERACTIONS: list[dict[str, Any]] = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
]


class Failed(AssertionError):
    """A resource ended as CREATE FAILED."""


@dataclass
class Walk:
    """One dataset group on one server; methods return ARNs of resources that are ACTIVE."""

    server: Server
    name: str
    domain: str | None = None

    def __post_init__(self) -> None:
        self.personalize = self.server.client("personalize")
        self.events = self.server.client("personalize-events")
        self.runtime = self.server.client("personalize-runtime")
        domain = {"domain": self.domain} if self.domain else {}
        self.group = self.personalize.create_dataset_group(name=self.name, **domain)["datasetGroupArn"]
        self.datasets: dict[str, str] = {}

    def dataset(self, kind: str, fields: Sequence[Mapping[str, Any]]) -> str:
        schema = {
            "type": "record",
            "name": kind,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": list(fields),
            "version": "1.0",
        }
        domain = {"domain": self.domain} if self.domain else {}
        name = f"{self.name}-{kind.lower()}"
        schema_arn = self.personalize.create_schema(name=name, schema=json.dumps(schema), **domain)["schemaArn"]
        arn: str = self.personalize.create_dataset(
            name=name, schemaArn=schema_arn, datasetGroupArn=self.group, datasetType=kind
        )["datasetArn"]
        self.datasets[kind] = arn
        return arn

    def upload(self, key: str, body: bytes) -> str:
        """Its s3:// URI."""
        self.server.s3().put_object(Bucket="data", Key=key, Body=body)
        return f"s3://data/{key}"

    def start_import(self, kind: str, location: str, job: str, mode: str = "FULL") -> str:
        arn: str = self.personalize.create_dataset_import_job(
            jobName=job,
            datasetArn=self.datasets[kind],
            dataSource={"dataLocation": location},
            roleArn=ROLE,
            importMode=mode,
        )["datasetImportJobArn"]
        return arn

    def imported(self, kind: str, body: bytes, job: str | None = None, mode: str = "FULL") -> str:
        """Upload a CSV file and import it."""
        job = job or f"{self.name}-{kind.lower()}"
        arn = self.start_import(kind, self.upload(f"{job}.csv", body), job, mode)
        return self.active("describe_dataset_import_job", "datasetImportJob", datasetImportJobArn=arn)

    def solution(self, recipe: str, *, name: str = "", **more: Any) -> str:
        name = f"{self.name}-{name or recipe.removeprefix('aws-')}"
        arn: str = self.personalize.create_solution(
            name=name,
            datasetGroupArn=self.group,
            recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
            performAutoTraining=False,
            **more,
        )["solutionArn"]
        return arn

    def version(self, solution: str, mode: str = "FULL") -> str:
        arn = self.personalize.create_solution_version(solutionArn=solution, trainingMode=mode)["solutionVersionArn"]
        return self.active("describe_solution_version", "solutionVersion", solutionVersionArn=arn)

    def campaign(self, version: str, **config: Any) -> str:
        name = f"{version.rsplit('/', 2)[-2]}-{len(self.personalize.list_campaigns()['campaigns'])}"
        arn = self.personalize.create_campaign(name=name, solutionVersionArn=version, **config)["campaignArn"]
        return self.active("describe_campaign", "campaign", campaignArn=arn)

    def filter(self, name: str, expression: str) -> str:
        arn = self.personalize.create_filter(
            name=f"{self.name}-{name}", datasetGroupArn=self.group, filterExpression=expression
        )["filterArn"]
        return self.active("describe_filter", "filter", filterArn=arn)

    def tracker(self) -> str:
        """The tracking id."""
        made = self.personalize.create_event_tracker(name=f"{self.name}-tracker", datasetGroupArn=self.group)
        tracking_id: str = made["trackingId"]
        return tracking_id

    def put(self, tracking_id: str, user: str, item: str, event_type: str, at: float, **more: Any) -> None:
        event = {"eventType": event_type, "itemId": item, "sentAt": at, **more}
        self.events.put_events(trackingId=tracking_id, userId=user, sessionId=f"s-{user}", eventList=[event])

    def recommended(self, campaign: str, **more: Any) -> list[str]:
        """Item ids."""
        answer = self.runtime.get_recommendations(campaignArn=campaign, **more)
        return [item["itemId"] for item in answer["itemList"]]

    def active(self, describe: str, member: str, **arn: str) -> str:
        """Poll until it is ACTIVE; raises `Failed` with its failureReason."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE_SECONDS:
            found = getattr(self.personalize, describe)(**arn)[member]
            if found["status"] in {"ACTIVE", "COMPLETED"}:
                return next(iter(arn.values()))
            if found["status"].endswith("FAILED"):
                raise Failed(found.get("failureReason"))
            time.sleep(0.05)
        raise TimeoutError(f"{arn} is still {found['status']}")


def csv_of(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """By Personalize's rules: backslash escapes, empty cells for None."""
    text = io.StringIO()
    writer = csv.writer(text, doublequote=False, escapechar="\\", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
