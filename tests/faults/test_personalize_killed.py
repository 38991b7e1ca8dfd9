"""kill -9 at seeded moments: what the Personalize emulator has answered is there after a restart, once and whole."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from personalize_local.state.resources import ACTIVE, FAILED, IN_PROGRESS, PENDING, Resource
from tests.support.personalize_load import BUCKET, EventClient, Import, JobClient, Load
from tests.support.personalize_server import Server, free_port, s3_server
from tests.support.personalize_state import StateOnDisk
from tests.support.shop import SCHEMAS

pytestmark = pytest.mark.faults

KILLS: Final = int(os.environ.get("KILLS", "20"))
SEED: Final = int(os.environ.get("SEED", "20"))
_CLIENTS: Final = 4
_REST: Final = 10  # kills between two looks at everything
_LONGEST_SECONDS: Final = (0.5, 2.5)  # before its worker process is there, and while jobs begin and end
_RECIPE: Final = "arn:aws:personalize:::recipe/aws-popularity-count"


@dataclass
class World:
    """One emulator over many deaths, and what its clients know."""

    server: Server
    load: Load
    state: StateOnDisk
    checked: int = 0  # events up to this number
    stored: set[str] = field(default_factory=set)
    exports: int = 0

    def check_events(self) -> None:
        """Each is as it was sent and there once; none that was acknowledged is missing."""
        found = self.state.events(after=self.checked)
        sent = self.load.sent
        names = [name for _, name, _ in found]
        assert set(names) - sent.keys() == set()
        assert {name: event for _, name, event in found} == {name: sent[name] for name in names}
        assert (len(names), self.stored & set(names)) == (len(set(names)), set())
        self.stored |= set(names)
        self.checked = found[-1][0] if found else self.checked
        assert self.load.acknowledged - self.stored == set()

    def check_resources(self) -> None:
        """What was made is there, what was deleted is not, and the dataset is what its ACTIVE imports make."""
        resources, jobs = self.state.resources(), self.load.jobs
        assert jobs.acknowledged - resources.keys() == set()
        assert jobs.deleted & resources.keys() == set()
        statuses = {job: _status(resources[job.arn]) for job in jobs.imports if job.arn in resources}
        assert set(statuses.values()) <= {PENDING, IN_PROGRESS, ACTIVE}
        assert {job.arn for job, status in statuses.items() if status != ACTIVE} & jobs.seen_active == set()
        segments = self.state.segments(resources[jobs.dataset])
        assert segments == [job.rows for job in _imported(statuses)]

    def check_all(self) -> None:
        """Once all jobs have ended: none of them failed, and exports say what the database and the imports say."""
        self.server.idle()
        resources, jobs = self.state.resources(), self.load.jobs
        ended = {arn: _status(resource) for arn, resource in resources.items() if resource.kind in _JOBS}
        assert {arn: status for arn, status in ended.items() if status != ACTIVE} == {}
        for version in (each for each in resources.values() if each.kind == "solution-version"):
            assert {path.name for path in Path(version.private["model"]).iterdir()} >= {"model.json", "arrays", "items"}
        put = Counter((row["USER_ID"], row["ITEM_ID"], int(row["TIMESTAMP"])) for row in self._exported("PUT"))
        sent = self.load.sent
        assert put == Counter((sent[name].user, sent[name].item, sent[name].at) for name in self.stored)
        imported = Counter(row["USER_ID"].partition("-")[0] for row in self._exported("BULK"))
        statuses = {job: ended[job.arn] for job in jobs.imports if job.arn in ended}
        assert imported == {f"j{job.number}": job.rows for job in _imported(statuses)}

    def _exported(self, mode: str) -> list[dict[str, str]]:
        self.exports += 1
        name = f"export-{self.exports}"
        answer = self.server.client("personalize").create_dataset_export_job(
            jobName=name,
            datasetArn=self.load.jobs.dataset,
            ingestionMode=mode,
            roleArn="arn:aws:iam::000000000000:role/any",
            jobOutput={"s3DataDestination": {"path": f"s3://{BUCKET}/exports/"}},
        )
        self.server.idle()
        assert _status(self.state.resources()[answer["datasetExportJobArn"]]) == ACTIVE
        found = self.server.s3().get_object(Bucket=BUCKET, Key=f"exports/{name}/part-00000.csv")["Body"].read()
        return list(csv.DictReader(io.StringIO(found.decode())))


_JOBS: Final = {"dataset-import-job", "solution-version", "dataset-export-job"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with s3_server(BUCKET) as s3:
        server = Server(data=tmp_path / "personalize", port=free_port(), s3_endpoint=s3)
        server.start()
        try:
            yield _new_world(server)
        finally:
            server.kill()


@pytest.mark.timeout(120 + 6 * KILLS)
def test_whenever_it_is_killed_nothing_acknowledged_is_lost_or_there_twice_and_no_job_is_half_done(
    world: World,
) -> None:
    chance = random.Random(SEED)
    for number in range(1, KILLS + 1):
        seconds = chance.uniform(0, chance.choice(_LONGEST_SECONDS))
        print(f"SEED={SEED}: kill {number} of {KILLS} after {seconds:.3f} s of load")  # noqa: T201 - shown of a failure
        world.load.until_killed(seconds)
        world.server.start()
        world.check_events()
        world.check_resources()
        if number % _REST == 0 or number == KILLS:
            world.check_all()

    assert world.load.refusals == []
    # That there was a load at all, and repeats among it.
    assert len(world.stored) > 5 * KILLS
    assert len(world.load.jobs.imports) > KILLS / 4


def test_a_job_whose_worker_is_killed_fails_whole_and_the_next_one_has_a_new_worker(world: World) -> None:
    [worker] = _workers(world.server)
    os.kill(worker, signal.SIGSTOP)  # so that the job is under way when it dies
    world.load.jobs.next_import()
    time.sleep(0.5)
    os.kill(worker, signal.SIGKILL)
    world.server.idle()
    world.load.jobs.next_import()
    world.server.idle()

    jobs, resources = world.load.jobs, world.state.resources()
    ended = [(_status(resources[job.arn]), resources[job.arn].failure) for job in jobs.imports]
    reason = "An internal error of the emulator: its worker ended with -9."
    assert ended == [(ACTIVE, None), (FAILED, reason), (ACTIVE, None)]
    first, _, third = jobs.imports
    full = third.mode == "FULL"
    assert world.state.segments(resources[jobs.dataset]) == ([third.rows] if full else [first.rows, third.rows])


def _workers(server: Server) -> list[int]:
    assert server.process
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _new_world(server: Server) -> World:
    personalize = server.client("personalize")
    group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    schema = personalize.create_schema(name="interactions", schema=SCHEMAS["Interactions"])["schemaArn"]
    dataset = personalize.create_dataset(
        name="interactions", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    tracker = personalize.create_event_tracker(name="clicks", datasetGroupArn=group)["trackingId"]
    solution: Any = personalize.create_solution(
        name="popular", datasetGroupArn=group, recipeArn=_RECIPE, performAutoTraining=False
    )["solutionArn"]
    chance = random.Random(SEED)
    jobs = JobClient(server, dataset, solution, SCHEMAS["Interactions"], random.Random(chance.random()))
    jobs.first_import()
    server.idle()
    clients = [
        EventClient(f"c{number}", server.port, tracker, random.Random(chance.random())) for number in range(_CLIENTS)
    ]
    return World(server=server, load=Load(clients, jobs), state=StateOnDisk(server.data))


def _status(resource: Resource) -> str:
    return resource.steps[-1].status


def _imported(statuses: dict[Import, str]) -> list[Import]:
    """Whose rows are there: those of the last FULL import and of the increments after it."""
    active = [job for job, status in statuses.items() if status == ACTIVE]
    full = max((place for place, job in enumerate(active) if job.mode == "FULL"), default=0)
    return active[full:]
