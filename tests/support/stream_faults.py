"""The deployed local stage under faults: what they are ordered by, and what must be true once they are over."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from infra.local.deploy import Clients, deploy
from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from infra.local.synth import synthesize
from operations.audit.core import Patience
from operations.audit.gather import Stores, gather
from operations.audit.report import Hop, Report
from operations.audit.stream.core import audit_stream
from operations.audit.stream.gather import REFUSED, gather_stream
from operations.deployment import Deployment, find_deployment
from operations.waking import wake_reconciler
from personalize_local.data.vocabulary import Vocabulary
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from tests.support.local_endpoint import JARS, Local, local_at
from tests.support.personalize_load import Event
from tests.support.personalize_state import StateOnDisk
from tests.support.published_shop import publish
from tests.support.stream_faults_traffic import Traffic, Truth, seconds_before

_MANY: Final = 10_000  # calls; more than a test makes
_SHARD: Final = "shardId-000000000000"
_ASLEEP: Final = ("events-hourly", "audit", "reconcile")  # schedules that would run beside the tests


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A deployed stage with an event tracker, and what was put into its stream."""

    local: Local
    deployment: Deployment
    truth: Truth = field(default_factory=Truth)
    seconds: Callable[[], datetime] = field(default_factory=lambda: seconds_before(datetime.now(UTC)))

    @property
    def function(self) -> str:
        """The name of the stream's consumer."""
        return self.deployment.functions["Realtime"]

    @property
    def personalize_data(self) -> StateOnDisk:
        return StateOnDisk(self.local.endpoint.paths.state / "personalize")

    def traffic(self, seed: int) -> Traffic:
        stream = BotoKinesis(kinesis_client, self.deployment.stream_name)
        return Traffic(stream, self.truth, chance=Random(seed), seconds=self.seconds)

    def faults(self, **orders: Mapping[str, Any]) -> None:
        self.local.endpoint.faults(**orders)

    def put_events(self, kind: str, **more: float) -> None:
        """What PutEvents calls meet from now on."""
        self._personalize("DELETE", "faults")
        fault = {"operation": "PutEvents", "kind": kind, "times": _MANY, **more}
        self._personalize("POST", "faults", fault)

    def calm(self) -> None:
        """No fault from now on."""
        self.faults()
        self._personalize("DELETE", "faults")

    def struck(self) -> Mapping[str, int]:
        """How often each of the endpoint's faults struck since they were ordered."""
        found: Mapping[str, int] = self.local.endpoint.health()["faults"]["struck"]
        return found

    def killed(self) -> int:
        """How many processes of functions died of what was ordered."""
        return int(self.local.endpoint.health()["faults"]["killed"])

    def met(self) -> int:
        """How many PutEvents calls met what is ordered for them."""
        left: int = self._personalize("GET", "state")["faults"]["PutEvents"]
        return _MANY - left

    @contextmanager
    def source_off(self) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """Within the block nothing is delivered but by `invoke`; then all of it is. Gives the records since, as
        Lambda hands them over."""
        kinesis, where = self.local.client("kinesis"), {"StreamName": self.deployment.stream_name, "ShardId": _SHARD}
        iterator = kinesis.get_shard_iterator(**where, ShardIteratorType="LATEST")["ShardIterator"]
        client = self.local.client("lambda")
        (mapping,) = client.list_event_source_mappings(FunctionName=self.function)["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield lambda: list(map(_handed_over, kinesis.get_records(ShardIterator=iterator)["Records"]))
        finally:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def invoke(self, records: Sequence[Mapping[str, Any]]) -> str | None:
        """Deliver a batch by hand: the number of the record that is given back."""
        payload = json.dumps({"Records": records})
        answer = self.local.client("lambda").invoke(FunctionName=self.function, Payload=payload)
        failures = json.load(answer["Payload"])["batchItemFailures"]
        return failures[0]["itemIdentifier"] if failures else None

    def drain(self) -> Mapping[str, Any]:
        return self.local.endpoint.drain(timeout_seconds=300)

    def send(self, traffic: Traffic, *, rounds: int, records: int) -> None:
        """Under the faults that hold: so many records at a time, delivered as far as they let it."""
        for _ in range(rounds):
            traffic.mixed(records)
            self.drain()

    def publish(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Interactions by file, imported and trained on when this returns."""
        publish(self.deployment.personalize(), "interactions", rows)
        wake_reconciler(self.deployment)
        self.drain()

    def trained_on(self) -> list[Counter[tuple[str, str, int]]]:
        """User, item and time of each interaction that a solution version has learned from; of each version."""
        found = self.personalize_data.resources().values()
        return [_trained_on(Path(each.private["model"])) for each in found if each.kind == "solution-version"]

    def settle(self) -> None:
        """Faults are over: everything comes through, and each line is where it must be, once."""
        self.calm()
        drained = self.drain()
        left = [*drained["failing"], *drained["given_up"], *drained["undelivered"]]
        assert left == [], left
        report = self.audited()
        assert report == self._balanced(), f"{report} instead of {self._balanced()}"
        _assert_same("put events", self.stored(), {name: _as_stored(row) for name, row in self.truth.rows.items()})
        _assert_same("quarantined lines", self.quarantined(), Counter(self.truth.poison))

    def audited(self) -> Report:
        """The audit's hop of the stream, with nothing excused."""
        deployment = self.deployment
        stores = Stores(raw=deployment.raw(), lake=deployment.lake(), quarantine=deployment.quarantine())
        evidence = gather_stream(gather(stores), deployment.state(), deployment.quarantine())
        return audit_stream(evidence, Patience(now=datetime.now(UTC), allowed=None))

    def stored(self) -> dict[str, Event]:
        """What the emulator has of PutEvents. Raises AssertionError for an event that is there twice."""
        events = self.personalize_data.events()
        found = {name: event for _, name, event in events}
        assert len(found) == len(events), "an event is in the store twice"
        return found

    def quarantined(self) -> Counter[bytes]:
        """Bytes of each place that the consumer refused, whatever number of deliveries kept it."""
        store = self.deployment.quarantine()
        places: dict[tuple[str, str, int], bytes] = {}
        for found in store.list(REFUSED):
            for text in gzip.decompress(store.read(found.key)).splitlines():
                line = json.loads(text)
                place = line["shard"], line["sequence"], line["sub"]
                payload = base64.b64decode(line["payload"])
                assert places.setdefault(place, payload) == payload, f"other bytes at {place}"
        return Counter(places.values())

    def _balanced(self) -> Report:
        truth = self.truth
        hop = Hop(
            hop="put_events",
            accepted=truth.lines,
            delivered=len(truth.rows),
            quarantined=len(truth.poison),
            excluded=truth.excluded.total(),
        )
        return Report(hops=[hop], findings=[], pending=[])

    def _personalize(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self.local.endpoint.url}/_personalize/{path}"
        body = json.dumps(document).encode() if document else None
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - of this machine
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer


@contextmanager
def deployed_stage(home: Path) -> Iterator[Stage]:
    """With a tracker and no data, its own endpoint in `home`; nothing runs by the clock. Sets AWS_* variables."""
    endpoint = Endpoint.start(paths=LocalPaths(home=home), jars=JARS, warm_spark=False, timed_delivery=False)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in endpoint.environment().items():
                patch.setenv(name, value)
            assembly, _ = synthesize()
            deploy(assembly, Clients.of(endpoint.url, endpoint.environment()), progress=lambda _: None)
            stage = Stage(local=local_at(endpoint), deployment=find_deployment("local"))
            _send_no_job(stage)
            wake_reconciler(stage.deployment)
            stage.drain()
            yield stage
    finally:
        endpoint.stop()


def _send_no_job(stage: Stage) -> None:
    """Raw objects wake no Spark job: the stream's hop is read from them as they are."""
    name = stage.deployment.name
    stage.local.client("events").disable_rule(Name=f"{name}-raw-landed")
    for schedule in _ASLEEP:
        stage.local.client("scheduler").delete_schedule(Name=f"{name}-{schedule}")


def _assert_same(what: str, found: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> None:
    missing = {key: value for key, value in wanted.items() if found.get(key) != value}
    unknown = {key: value for key, value in found.items() if wanted.get(key) != value}
    assert (missing, unknown) == ({}, {}), f"{what}: wanted {_few(missing)}; found {_few(unknown)}"


def _few(found: Mapping[Any, Any]) -> str:
    return f"{len(found):,}, as {list(found.items())[:3]}"


def _trained_on(model: Path) -> Counter[tuple[str, str, int]]:
    users, items = (Vocabulary.open(model / name) for name in ("users", "items"))
    start, item, at = (np.load(model / f"history-{name}.npy") for name in ("start", "item", "at"))
    return Counter(
        (user, items[item[place]], int(at[place]))
        for number, user in enumerate(users)
        for place in range(start[number], start[number + 1])
    )


def _handed_over(record: Mapping[str, Any]) -> dict[str, Any]:
    number = record["SequenceNumber"]
    data = {
        "sequenceNumber": number,
        "data": base64.b64encode(record["Data"]).decode(),
        "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
    }
    return {"eventID": f"{_SHARD}:{number}", "eventSource": "aws:kinesis", "kinesis": data}


def _as_stored(row: Mapping[str, Any]) -> Event:
    # Without a user, the emulator has none either: the visitor is the session's.
    user = row["USER_ID"]
    return Event(None if user.startswith("a-") else user, row["ITEM_ID"], row["EVENT_TYPE"], row["TIMESTAMP"])  # type: ignore[arg-type]
