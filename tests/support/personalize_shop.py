"""A world with every resource behind it, and for each operation a request that it answers."""

from __future__ import annotations

import asyncio
import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from personalize_local.data.importing import Source, import_files
from personalize_local.jobs.train import run as train
from personalize_local.operations import OPERATIONS, snake
from personalize_local.schemas.avro import parse_schema
from personalize_local.wire.models import Operation, load
from tests.support.personalize_members import DEMANDED, MEMBERS, RECIPE, UNSUPPORTED, no_more
from tests.support.personalize_requests import valid
from tests.support.personalize_world import ROLE, SCHEMAS, START, FakeWorkers, World

_USERS, _ITEMS, _EACH = 60, 40, 30
_COLUMNS: Final = {
    "Interactions": ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE"),
    "Items": ("ITEM_ID", "GENRES", "PRICE", "CATEGORY_L1"),
    "Users": ("USER_ID", "AGE"),
}


class RealTraining(FakeWorkers):
    """Imports rows made here, trains models from them; other jobs are fakes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def run(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        while self.held:  # noqa: ASYNC110 - tests let go
            await asyncio.sleep(0.001)
        if task == "train":
            return train(**arguments)
        if task == "import":
            return self._imported(arguments)
        return await super().run(task, arguments)

    def _imported(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        path, out = self._folder / f"{arguments['dataset_type']}.csv", Path(arguments["out"])
        out.parent.mkdir(parents=True, exist_ok=True)
        schema = parse_schema(arguments["schema"], arguments["domain"])
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([_COLUMNS[schema.dataset], *_rows(schema.dataset)])
        source = Source(uri="s3://bucket/rows.csv", path=path)
        return {"rows": import_files([source], schema, mode=arguments["mode"], out=out).rows}


def _rows(kind: str) -> Iterator[tuple[Any, ...]]:
    if kind == "Users":
        return ((f"u{user}", f"{user % 5}0s") for user in range(_USERS))
    if kind == "Items":
        return ((f"i{item}", f"g{item % 4}|g{item % 3}", item / 2, f"c{item % 6}") for item in range(_ITEMS))
    generator = np.random.default_rng(7)
    return (
        (f"u{user}", f"i{item}", int(START) - 100_000 + 60 * number + user, "View", 1.0)
        for user in range(_USERS)
        for number, item in enumerate(generator.integers(0, _ITEMS, _EACH).tolist())
    )


def shop(folder: Path) -> Requests:
    """A custom group and one of the ECOMMERCE domain, with everything in them."""
    world = World(folder / "data", workers=RealTraining(folder))
    arns: dict[str, str] = {"roleArn": ROLE, "recipeArn": f"{RECIPE}aws-user-personalization"}
    arns["algorithmArn"] = "arn:aws:personalize:::algorithm/aws-sims"
    arns["featureTransformationArn"] = "arn:aws:personalize:::feature-transformation/sims"
    arns["datasetGroupArn"] = arns["resourceArn"] = world.group()
    datasets = {kind: world.dataset(arns["datasetGroupArn"], kind) for kind in SCHEMAS}
    for number, dataset in enumerate(datasets.values()):
        arns["datasetImportJobArn"] = world.imported(dataset, f"import-{number}")
    arns["datasetArn"], arns["items"], arns["users"] = datasets.values()
    arns["schemaArn"] = world("DescribeDataset", datasetArn=arns["datasetArn"])["dataset"]["schemaArn"]
    tracker = world("CreateEventTracker", name="web", datasetGroupArn=arns["datasetGroupArn"])
    arns["eventTrackerArn"], arns["trackingId"] = tracker["eventTrackerArn"], tracker["trackingId"]
    expression = "INCLUDE ItemID WHERE Items.GENRES IN ($GENRE)"
    request = {"name": "genre", "datasetGroupArn": arns["datasetGroupArn"], "filterExpression": expression}
    arns["filterArn"] = world("CreateFilter", **request)["filterArn"]
    requests = Requests(world, arns)
    requests.train()
    requests.add_domain()
    requests.add_jobs()
    return requests


class Requests:
    """For each operation a request; names are new each time, and what is deleted was made for that."""

    world: World
    arns: dict[str, str]
    number: Iterator[int]

    def __init__(self, world: World, arns: dict[str, str]) -> None:
        self.world, self.arns = world, arns
        self.latest: dict[str, dict[str, Any]] = {}
        self.number = itertools.count()

    def train(self) -> None:
        world, arns, group = self.world, self.arns, self.arns["datasetGroupArn"]
        config = {"enableMetadataWithRecommendations": True}
        for name, recipe in (
            ("own", "user-personalization"),
            ("rank", "personalized-ranking"),
            ("who", "item-affinity"),
        ):
            arns[f"{name}Solution"] = world.solution(group, name, f"aws-{recipe}", performAutoTraining=False)
            arns[f"{name}Version"] = world.version(arns[f"{name}Solution"])
        for name in ("own", "rank"):
            version = arns[f"{name}Version"]
            created = world("CreateCampaign", name=name, solutionVersionArn=version, campaignConfig=config)
            arns[f"{name}Campaign"] = created["campaignArn"]
        arns["solutionArn"], arns["solutionVersionArn"] = arns["ownSolution"], arns["ownVersion"]
        arns["campaignArn"] = arns["ownCampaign"]

    def add_domain(self) -> None:
        world = self.world
        group = self.arns["domainGroup"] = world.group("mall", domain="ECOMMERCE")
        for kind in ("Interactions", "Items"):
            world.imported(world.dataset(group, kind, domain="ECOMMERCE"), f"mall-{kind}")
        self.arns["recommenderArn"] = self._recommender("best")
        self.arns["stopped"] = self._recommender("stopped")
        world("StopRecommender", recommenderArn=self.arns["stopped"])

    def add_jobs(self) -> None:
        for name in ("BatchInferenceJob", "BatchSegmentJob", "DatasetExportJob", "DataDeletionJob"):
            request = self._whole(load().by_target[f"Create{name}"])
            arn = f"{name[0].lower()}{name[1:]}Arn"
            self.arns[arn] = self.world(f"Create{name}", **request)[arn]
            self.world.idle()

    def valid(self, operation: Operation, *, full: bool) -> dict[str, Any]:
        """A request that must be answered: with what is required, or with every member that is honoured."""
        self.world.fake.held = False
        self.world.idle()
        whole = self._whole(operation)
        kept = whole if full else {name: whole[name] for name in self._least(operation)}
        self.latest[operation.name] = kept
        return kept

    def unsupported(self, operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
        """Members that no function takes, and those whose values this emulator cannot honour."""
        honoured = OPERATIONS[operation.name].members
        request = self._whole(operation)
        for name, shape in operation.input.members.items():
            if snake(name) not in honoured:
                yield name, {**request, name: valid(shape)}
        for member, change in UNSUPPORTED.get(operation.name, ()):
            yield member, {**request, **change}

    def _whole(self, operation: Operation) -> dict[str, Any]:
        own = MEMBERS.get(operation.name, no_more)(self)
        honoured = OPERATIONS[operation.name].members
        return {
            name: own[name] if name in own else self._known(name, shape)
            for name, shape in operation.input.members.items()
            if snake(name) in honoured and own.get(name, "") is not None
        }

    def _known(self, name: str, shape: Any) -> Any:
        if name in {"name", "jobName"}:
            return f"new-{next(self.number)}"
        if name == "nextToken":
            return "MS4wIGFybg=="  # before everything: 1.0 arn
        return self.arns[name] if name in self.arns else valid(shape)

    def _least(self, operation: Operation) -> set[str]:
        """Required members, and those that the service demands though its model does not."""
        more = DEMANDED.get(operation.name, set())
        return {*operation.input.required_members, *more}

    def _recommender(self, name: str) -> str:
        recipe = f"{RECIPE}aws-ecomm-popular-items-by-views"
        request = {"name": name, "datasetGroupArn": self.arns["domainGroup"], "recipeArn": recipe}
        arn: str = self.world("CreateRecommender", **request)["recommenderArn"]
        self.world.idle()
        return arn

    def new(self, operation: str, member: str, **request: Any) -> dict[str, Any]:
        """Something made only to be deleted."""
        name = f"victim-{next(self.number)}"
        made = self.world(operation, name=name, **request)
        self.world.idle()
        return {member: made[member]}

    def recommender_to(self, operation: str) -> str:
        """One that can be started, or stopped."""
        arn, before = self.arns["stopped"], "ACTIVE" if operation == "Stop" else "INACTIVE"
        status = self.world("DescribeRecommender", recommenderArn=arn)["recommender"]["status"]
        if status != before:
            self.world("StopRecommender" if operation == "Start" else "StartRecommender", recommenderArn=arn)
        return arn

    def pending_version(self) -> str:
        self.world.fake.held = True
        arn: str = self.world("CreateSolutionVersion", solutionArn=self.arns["solutionArn"])["solutionVersionArn"]
        return arn

    def fresh_group(self) -> str:
        return self.world.group(f"group-{next(self.number)}")

    def without_tracker(self) -> str:
        """The domain's group, whose tracker goes first."""
        group = self.arns["domainGroup"]
        for tracker in self.world("ListEventTrackers", datasetGroupArn=group)["eventTrackers"]:
            self.world("DeleteEventTracker", eventTrackerArn=tracker["eventTrackerArn"])
        return group

    def without_users(self) -> str:
        """The domain's group, which has room for one more dataset."""
        group = self.arns["domainGroup"]
        for dataset in self.world("ListDatasets", datasetGroupArn=group)["datasets"]:
            if dataset["datasetType"] == "USERS":
                self.world("DeleteDataset", datasetArn=dataset["datasetArn"])
        return group

    def dataset_to_delete(self) -> str:
        group = self.without_users()
        schema = self.world.schema("Users", f"victim-{next(self.number)}", domain="ECOMMERCE")
        request = {"datasetType": "USERS", "datasetGroupArn": group, "schemaArn": schema}
        return str(self.new("CreateDataset", "datasetArn", **request)["datasetArn"])
