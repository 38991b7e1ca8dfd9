"""A world in this process whose trainings are real: a small shop behind campaigns that answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personalize_local.data.importing import Source, import_files
from personalize_local.jobs import train
from personalize_local.schemas.avro import parse_schema
from tests.support.personalize_walk import csv_of
from tests.support.personalize_world import FakeWorkers, World
from tests.support.shop import avro

TYPES: Mapping[str, dict[str, Any]] = {
    "Interactions": {
        "USER_ID": "string",
        "ITEM_ID": "string",
        "TIMESTAMP": "long",
        "EVENT_TYPE": "string",
        "DEVICE": {"type": ["null", "string"], "categorical": True},
    },
    "Items": {
        "ITEM_ID": "string",
        "CATEGORY": {"type": "string", "categorical": True},
        "PRICE": "float",
        "CREATION_TIMESTAMP": ["null", "long"],
        "NEW": ["null", "boolean"],
    },
    "Users": {"USER_ID": "string", "AGE": {"type": "string", "categorical": True}},
}


class TrainingWorkers(FakeWorkers):
    """Trainings are done, in a thread; the rest is answered as by `FakeWorkers`."""

    async def run(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if task != "train":
            return await super().run(task, arguments)
        return await asyncio.to_thread(train.run, **arguments)


class ShopWorld(World):
    """One group with three datasets, at the time of day that it is."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, workers=TrainingWorkers())
        self.clock.wall = time.time
        self.group_arn = self.group("shop")
        self.datasets: dict[str, str] = {}
        for kind, fields in TYPES.items():
            schema = self("CreateSchema", name=kind, schema=avro(kind, **fields))["schemaArn"]
            self.datasets[kind] = self(
                "CreateDataset", name=kind, schemaArn=schema, datasetGroupArn=self.group_arn, datasetType=kind
            )["datasetArn"]

    def load(self, kind: str, rows: Sequence[Sequence[Any]]) -> None:
        """As an import job would leave it."""
        file, out = self.data / f"{kind}.csv", self.data / "segments" / f"{kind}-{time.monotonic_ns()}"
        file.write_bytes(csv_of(list(TYPES[kind]), rows))
        schema = parse_schema(avro(kind, **TYPES[kind]), None)
        import_files([Source(uri=f"s3://b/{kind}.csv", path=file)], schema, mode="FULL", out=out)
        dataset = self.emulator.resources.get(self.datasets[kind], "dataset")
        dataset.private["segments"] = [str(out)]
        self.emulator.live.forget(self.group_arn)

    def campaign(self, recipe: str, **config: Any) -> str:
        name = f"{recipe}-{len(self.emulator.resources.of('campaign'))}"
        version = self.version(self.solution(self.group_arn, name, recipe, performAutoTraining=False))
        described = self("DescribeSolutionVersion", solutionVersionArn=version)["solutionVersion"]
        assert described["status"] == "ACTIVE", described
        more = {"campaignConfig": config} if config else {}
        arn: str = self("CreateCampaign", name=name, solutionVersionArn=version, **more)["campaignArn"]
        return arn

    def tracker(self) -> str:
        created = self("CreateEventTracker", name="tracker", datasetGroupArn=self.group_arn)
        tracking_id: str = created["trackingId"]
        return tracking_id

    def put(self, tracking_id: str, item: str, *, user: str | None = None, session: str = "s", **event: Any) -> None:
        event = {"eventType": "View", "itemId": item, "sentAt": time.time(), **event}
        who = {"userId": user} if user else {}
        self("PutEvents", trackingId=tracking_id, sessionId=session, eventList=[event], **who)

    def items(self, campaign: str, **request: Any) -> list[str]:
        answer = self("GetRecommendations", campaignArn=campaign, **request)
        return [item["itemId"] for item in answer["itemList"]]
