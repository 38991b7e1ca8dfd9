"""The Personalize emulator with a made-up shop in it, driven and measured from outside."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3

from tests.bench.http_load import Load
from tests.bench.personalize_memory import Peak
from tests.support.personalize_server import KEYS, Server, free_port
from tests.support.shop import GENRES, NOW, SCHEMAS, Shop

_BUCKET: Final = "shop"
_ROLE: Final = "arn:aws:iam::000000000000:role/any"
_RECIPE: Final = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
_FILTER: Final = (
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase") | INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)'
)
_REQUESTS: Final = 2_000  # that differ
_ASK_SECONDS: Final = 0.02
_START_SECONDS: Final = 30.0
Request = tuple[str, dict[str, Any]]


@contextlib.contextmanager
def s3_process() -> Iterator[str]:
    """S3 in a process of its own, so that it takes no time from the process that measures."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url)
        boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=_BUCKET)
        yield url
    finally:
        process.kill()
        process.wait()


def start_seconds(data: Path) -> float:
    """From the start of a process without data to its first answer; it is ended again."""
    shutil.rmtree(data, ignore_errors=True)
    server = Server(data=data, port=free_port(), s3_endpoint="http://127.0.0.1:9")
    began = time.perf_counter()
    server.start()
    server.client("personalize").list_dataset_groups()
    seconds = time.perf_counter() - began
    server.stop()
    return seconds


@dataclass
class World:
    """One emulator, and what was made in it."""

    server: Server
    shop: Shop
    arns: dict[str, str] = field(default_factory=dict)
    tracking_id: str = ""
    jobs: int = 0

    def __post_init__(self) -> None:
        self.personalize = self.server.client("personalize", read_timeout=600)

    @property
    def pid(self) -> int:
        assert self.server.process
        return self.server.process.pid

    def upload(self, folder: Path) -> None:
        for name, file in self.shop.write(folder).items():
            self.server.s3().upload_file(str(file), _BUCKET, f"{name}/{name.lower()}.csv")

    def create_datasets(self) -> None:
        group = self.personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        self.arns["group"] = group
        for name, schema in SCHEMAS.items():
            made = self.personalize.create_schema(name=name, schema=schema)["schemaArn"]
            self.arns[name] = self.personalize.create_dataset(
                name=name, schemaArn=made, datasetGroupArn=group, datasetType=name
            )["datasetArn"]
        self.tracking_id = self.personalize.create_event_tracker(name="clicks", datasetGroupArn=group)["trackingId"]

    def import_seconds(self, dataset: str) -> float:
        """A FULL import, from its creation until it is ACTIVE."""
        self.jobs += 1
        began = time.perf_counter()
        arn = self.personalize.create_dataset_import_job(
            jobName=f"import-{self.jobs}",
            datasetArn=self.arns[dataset],
            dataSource={"dataLocation": f"s3://{_BUCKET}/{dataset}/"},
            roleArn=_ROLE,
            importMode="FULL",
        )["datasetImportJobArn"]
        self._wait_active("dataset_import_job", datasetImportJobArn=arn)
        return time.perf_counter() - began

    def training(self) -> tuple[float, Peak]:
        """Seconds from the creation of a solution version until it is ACTIVE, and memory meanwhile."""
        if "solution" not in self.arns:
            self.arns["solution"] = self.personalize.create_solution(
                name="for-you", datasetGroupArn=self.arns["group"], recipeArn=_RECIPE, performAutoTraining=False
            )["solutionArn"]
        with Peak(self.pid) as peak:
            began = time.perf_counter()
            arn = self.personalize.create_solution_version(solutionArn=self.arns["solution"])["solutionVersionArn"]
            self._wait_active("solution_version", solutionVersionArn=arn)
            seconds = time.perf_counter() - began
        self.arns["version"] = arn
        return seconds, peak

    def create_campaign(self) -> None:
        self.arns["campaign"] = self.personalize.create_campaign(
            name="for-you", solutionVersionArn=self.arns["version"]
        )["campaignArn"]
        self.arns["filter"] = self.personalize.create_filter(
            name="fitting", datasetGroupArn=self.arns["group"], filterExpression=_FILTER
        )["filterArn"]

    def recommendations(self) -> list[Request]:
        """For users drawn at random, filtered by three genres and by what they bought."""
        chance = random.Random(1)
        return [
            (
                "/recommendations",
                {
                    "campaignArn": self.arns["campaign"],
                    "userId": f"user-{chance.randrange(self.shop.users)}",
                    "filterArn": self.arns["filter"],
                    "filterValues": {"GENRES": ",".join(f'"{genre}"' for genre in chance.sample(GENRES, 3))},
                },
            )
            for _ in range(_REQUESTS)
        ]

    def events(self) -> list[Request]:
        """One event a call, without an id of its own: each call writes a row."""
        chance = random.Random(2)
        return [
            (
                "/events",
                {
                    "trackingId": self.tracking_id,
                    "userId": (user := f"user-{chance.randrange(self.shop.users)}"),
                    "sessionId": f"session-{user}",
                    "eventList": [
                        {
                            "eventType": "view",
                            "itemId": f"item-{chance.randrange(self.shop.items)}",
                            "sentAt": NOW + number,
                        }
                    ],
                },
            )
            for number in range(_REQUESTS)
        ]

    def load(self, requests: Sequence[Request], *, connections: int, count: int) -> Load:
        """Raises RuntimeError where any request was refused."""
        asked = {"port": self.server.port, "requests": requests, "connections": connections, "count": count}
        command = [sys.executable, "-m", "tests.bench.http_load"]
        done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
        load = Load(**json.loads(done.stdout))
        if set(load.statuses) != {"200"}:
            raise RuntimeError(f"requests were refused: {load.statuses}")
        return load

    def _wait_active(self, kind: str, **arn: str) -> None:
        while True:
            answer = getattr(self.personalize, f"describe_{kind}")(**arn)
            [found] = (value for name, value in answer.items() if name != "ResponseMetadata")
            if found["status"] == "ACTIVE":
                return
            if found["status"] == "CREATE FAILED":
                raise RuntimeError(f"{arn} failed: {found.get('failureReason')}")
            time.sleep(_ASK_SECONDS)


def _wait(url: str) -> None:
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except OSError:
            if time.monotonic() - began > _START_SECONDS:
                raise
            time.sleep(0.05)
        else:
            return
