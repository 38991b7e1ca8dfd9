"""The emulator in this process, without sockets: its clock stands or leaps, its workers are fakes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from personalize_local.app import REGISTERED
from personalize_local.clock import Clock
from personalize_local.emulator import Emulator, Settings
from personalize_local.http import Answer, Handler
from personalize_local.jobs.runner import Jobs
from personalize_local.jobs.workers import JobFailed, Workers
from personalize_local.wire.models import load
from tests.support.shop import avro

assert REGISTERED  # importing it filled the table of operations
START: Final = 1_800_000_000.0
ROLE: Final = "arn:aws:iam::000000000000:role/personalize"
SCHEMAS: Final = {
    "Interactions": avro(
        "Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long", EVENT_TYPE="string", EVENT_VALUE="float"
    ),
    "Items": avro(
        "Items",
        ITEM_ID="string",
        GENRES={"type": "string", "categorical": True},
        PRICE="float",
        CATEGORY_L1={"type": "string", "categorical": True},
    ),
    "Users": avro("Users", USER_ID="string", AGE={"type": "string", "categorical": True}),
}
TRAINED: Final = {"metrics": {"coverage": 0.5}, "hyperparameters": None, "hours": 0.25, "last_seq": 7}


class Refused(Exception):
    """What the emulator answered instead."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class LeapingClock(Clock):
    """Moves by a millisecond whenever it is looked at, and by what a test advances it."""

    def __init__(self, speed: float | None = None) -> None:
        ticks = itertools.count()
        super().__init__(speed=speed, wall=lambda: START + next(ticks) / 1_000)

    async def until(self, at: float) -> None:
        while self.now() < at:  # noqa: ASYNC110 - tests advance it
            await asyncio.sleep(0.001)


class FakeWorkers(Workers):
    """Answer at once what they are told to, unless held."""

    def __init__(self) -> None:
        super().__init__(most=100)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.held = False
        self.answers: dict[str, dict[str, Any] | JobFailed | Exception] = {
            "import": {"rows": 1_000},
            "export": {"rows": 0},
            "delete": {"deleted": 0, "users": [], "segments": {}},
            "train": TRAINED,
            "batch-inference": {"records": 1},
            "batch-segment": {"records": 1},
        }

    async def run(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((task, json.loads(json.dumps(arguments))))
        while self.held:  # noqa: ASYNC110 - tests let go
            await asyncio.sleep(0.001)
        answer = self.answers[task]
        if isinstance(answer, Exception):
            raise answer
        return answer


class World:
    """Calls are synchronous; jobs go on only while one runs, or while `idle` or `turn` waits."""

    def __init__(self, data: Path, *, speed: float | None = None, workers: Workers | None = None) -> None:
        self.data, self.speed = data, speed
        self.loop = asyncio.new_event_loop()
        self.clock = LeapingClock(speed)
        self.emulator = Emulator(Settings(data=data, clock=self.clock))
        self.workers = workers or FakeWorkers()
        self.emulator.jobs = Jobs(self.emulator, self.workers)
        self.loop.run_until_complete(self.emulator.open())
        self.handler = Handler(self.emulator)

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        """The answer; raises `Refused`."""
        answer = self.answer(operation, json.dumps(request).encode())
        body: dict[str, Any] = json.loads(answer.body or b"{}")
        if answer.status != 200:
            raise Refused(body["__type"], body["message"], answer.status)
        return body

    def answer(self, operation: str, body: bytes) -> Answer:
        found = next(each for each in load().operations if each.name == operation)
        headers = {} if found.is_rest else {"x-amz-target": f"AmazonPersonalize.{operation}"}
        return self.loop.run_until_complete(self.handler.handle("POST", found.path, headers, body))

    @property
    def fake(self) -> FakeWorkers:
        assert isinstance(self.workers, FakeWorkers)
        return self.workers

    def idle(self) -> None:
        """Until no job runs."""
        self.loop.run_until_complete(self.emulator.jobs.idle())

    def turn(self) -> None:
        """A little while for jobs, then what is due by the clock."""
        self.loop.run_until_complete(self._turn())

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.turn()

    def close(self) -> None:
        if not self.loop.is_closed():
            self.loop.run_until_complete(self.emulator.close())
            self.loop.close()

    def restarted(self) -> World:
        """Another process's view of the same directory, at the same time of day."""
        self.close()
        later = World(self.data, speed=self.speed)
        later.clock.advanced = self.clock.now() - START
        return later

    async def _turn(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0.001)
        self.emulator.schedule.ask()
        await self.emulator.save()
        for _ in range(20):
            await asyncio.sleep(0.001)

    def schema(self, kind: str = "Interactions", name: str | None = None, **more: Any) -> str:
        arn: str = self("CreateSchema", name=name or kind, schema=SCHEMAS[kind], **more)["schemaArn"]
        return arn

    def group(self, name: str = "shop", **more: Any) -> str:
        arn: str = self("CreateDatasetGroup", name=name, **more)["datasetGroupArn"]
        return arn

    def dataset(self, group: str, kind: str = "Interactions", **schema: Any) -> str:
        """With a schema of its own."""
        name = f"{group.rpartition('/')[2]}-{kind}"
        schema_arn = self.schema(kind, name, **schema)
        created = self("CreateDataset", name=name, schemaArn=schema_arn, datasetGroupArn=group, datasetType=kind)
        arn: str = created["datasetArn"]
        return arn

    def imported(self, dataset: str, name: str = "first", **more: Any) -> str:
        request = {"jobName": name, "datasetArn": dataset, "roleArn": ROLE, "dataSource": {"dataLocation": "s3://b/a"}}
        arn: str = self("CreateDatasetImportJob", **(request | more))["datasetImportJobArn"]
        self.idle()
        return arn

    def solution(self, group: str, name: str = "ease", recipe: str = "aws-user-personalization", **more: Any) -> str:
        recipe_arn = f"arn:aws:personalize:::recipe/{recipe}"
        created = self("CreateSolution", **({"name": name, "datasetGroupArn": group, "recipeArn": recipe_arn} | more))
        arn: str = created["solutionArn"]
        return arn

    def version(self, solution: str, **more: Any) -> str:
        arn: str = self("CreateSolutionVersion", solutionArn=solution, **more)["solutionVersionArn"]
        self.idle()
        return arn


def refused(call: Any, *arguments: Any, **request: Any) -> tuple[str, str]:
    """The code and the message; fails where the call is answered."""
    try:
        answered: Mapping[str, Any] = call(*arguments, **request)
    except Refused as refusal:
        return refusal.code, refusal.message
    raise AssertionError(f"not refused: {answered}")
