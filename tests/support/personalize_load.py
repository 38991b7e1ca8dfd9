"""Clients of the Personalize emulator that go on while it dies, and know what it has answered."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from tests.support.personalize_server import Server
from tests.support.shop import NOW

BUCKET: Final = "data"
_ARN: Final = "arn:aws:personalize:us-east-1:000000000000"
_PAUSE_SECONDS: Final = 0.004
_REPEATED: Final = 0.2  # of calls: a client that heard nothing sends the same events again
_MOST_EVENTS: Final = 5  # in a call
_ITEMS: Final = 50
_GONE: Final = (OSError, http.client.HTTPException)


class Event(NamedTuple):
    """As the database and an export have it."""

    user: str
    item: str
    type: str
    at: int


@dataclass
class EventClient:
    """One connection that puts events, no two in the same second, so that an export tells them apart."""

    name: str
    port: int
    tracking_id: str
    chance: random.Random
    sent: dict[str, Event] = field(default_factory=dict)  # by event id
    acknowledged: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    _calls: deque[dict[str, Event]] = field(default_factory=lambda: deque(maxlen=30))

    def run(self) -> None:
        """Until the server is gone; first it says again what it got no answer to."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            for call in list(self._calls)[-1:]:
                self._put(connection, call)
            while True:
                repeats = self._calls and self.chance.random() < _REPEATED
                self._put(connection, self.chance.choice(self._calls) if repeats else self._new())
                time.sleep(_PAUSE_SECONDS)
        except _GONE:
            return

    def _new(self) -> dict[str, Event]:
        user = f"{self.name}-u{self.chance.randrange(1_000)}"
        first, count = len(self.sent), self.chance.randint(1, _MOST_EVENTS)
        call = {
            f"{self.name}-{number}": Event(user, f"item-{number % _ITEMS}", "view", NOW + number)
            for number in range(first, first + count)
        }
        self.sent |= call
        self._calls.append(call)
        return call

    def _put(self, connection: http.client.HTTPConnection, call: dict[str, Event]) -> None:
        user = next(iter(call.values())).user
        events = [
            {"eventId": name, "eventType": event.type, "itemId": event.item, "sentAt": event.at}
            for name, event in call.items()
        ]
        body = {"trackingId": self.tracking_id, "userId": user, "sessionId": f"s-{user}", "eventList": events}
        connection.request("POST", "/events", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == http.client.OK:
            self.acknowledged |= call.keys()
        else:
            self.refusals.append(f"{answer.status} {text!r}")


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import job and the number of rows in its file, which no other job's file has."""

    number: int
    mode: str
    rows: int

    @property
    def name(self) -> str:
        return f"import-{self.number}"

    @property
    def arn(self) -> str:
        return f"{_ARN}:dataset-import-job/{self.name}"

    def csv(self) -> bytes:
        """Users with two interactions each, whose ids say which job brought them."""
        lines = (
            f"j{self.number}-u{row // 2},item-{(row * 7 + row // 11) % _ITEMS},view,{NOW - row}\n"
            for row in range(self.rows)
        )
        return ("USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "".join(lines)).encode()


@dataclass
class JobClient:
    """One client that imports, trains now and then, makes schemas and deletes them, and looks at what becomes of it."""

    server: Server
    dataset: str
    solution: str
    schema: str
    chance: random.Random
    imports: list[Import] = field(default_factory=list)  # all that were asked for, in this order
    acknowledged: set[str] = field(default_factory=set)  # ARNs of what is there
    deleted: set[str] = field(default_factory=set)
    seen_active: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)
    _made: int = 0

    def __post_init__(self) -> None:
        self._personalize, self._s3 = self.server.client("personalize"), self.server.s3()
        self._steps: dict[Callable[[], None], int] = {
            self._import: 6, self._look: 6, self._make_schema: 2, self._delete_schema: 1, self._train: 1,
        }  # fmt: skip

    def run(self) -> None:
        """Until the server is gone."""
        while True:
            [step] = self.chance.choices(list(self._steps), list(self._steps.values()))
            try:
                step()
            except (HTTPClientError, NoConnection):
                return
            except ClientError as error:
                if error.response["Error"]["Code"] not in {"LimitExceededException", "ResourceInUseException"}:
                    self.refusals.append(str(error))
            time.sleep(10 * _PAUSE_SECONDS)

    def first_import(self) -> None:
        """What increments are added to."""
        self._import(mode="FULL")

    def next_import(self) -> None:
        self._import()

    def _import(self, mode: str | None = None) -> None:
        number = len(self.imports)
        mode = mode or self.chance.choice(("FULL", "INCREMENTAL", "INCREMENTAL"))
        job = Import(number=number, mode=mode, rows=1_000 + 2 * number)
        key = f"{job.name}/interactions.csv"
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=job.csv())
        self.imports.append(job)
        try:
            answer = self._personalize.create_dataset_import_job(
                jobName=job.name,
                datasetArn=self.dataset,
                dataSource={"dataLocation": f"s3://{BUCKET}/{key}"},
                roleArn="arn:aws:iam::000000000000:role/any",
                importMode=mode,
            )
        except ClientError:
            self.imports.pop()
            raise
        self.acknowledged.add(answer["datasetImportJobArn"])

    def _look(self) -> None:
        for job in self.imports[-5:]:
            if job.arn in self.acknowledged - self.seen_active:
                found = self._personalize.describe_dataset_import_job(datasetImportJobArn=job.arn)["datasetImportJob"]
                if found["status"] == "ACTIVE":
                    self.seen_active.add(job.arn)

    def _train(self) -> None:
        answer = self._personalize.create_solution_version(solutionArn=self.solution)
        self.acknowledged.add(answer["solutionVersionArn"])

    def _make_schema(self) -> None:
        self._made += 1
        self.acknowledged.add(
            self._personalize.create_schema(name=f"schema-{self._made}", schema=self.schema)["schemaArn"]
        )

    def _delete_schema(self) -> None:
        made = sorted(arn for arn in self.acknowledged if ":schema/" in arn)
        if made:
            arn = self.chance.choice(made)
            self.acknowledged.remove(arn)  # from here on it may be there or not
            self._personalize.delete_schema(schemaArn=arn)
            self.deleted.add(arn)


@dataclass
class Load:
    """All clients at once."""

    events: list[EventClient]
    jobs: JobClient

    def until_killed(self, seconds: float) -> None:
        """Kill the server after so many seconds of load."""
        clients: list[Any] = [*self.events, self.jobs]
        threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.jobs.server.kill()
        for thread in threads:
            thread.join()

    @property
    def sent(self) -> dict[str, Event]:
        return {name: event for client in self.events for name, event in client.sent.items()}

    @property
    def acknowledged(self) -> set[str]:
        return {name for client in self.events for name in client.acknowledged}

    @property
    def refusals(self) -> list[str]:
        return [*self.jobs.refusals, *(refusal for client in self.events for refusal in client.refusals)]
