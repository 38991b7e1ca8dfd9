"""Over HTTP to the function, and what the stream holds then: the same that a container answers and sends."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from contract.checkpoints import parse_checkpoint
from contract.kpl import deaggregate
from infra.app import build
from infra.collector_config import CollectorConfig
from infra.config import STAGES
from infra.local.deploy import Clients, deploy
from operations.cli import main
from operations.send.asked import LoadAsked
from operations.send.events import simulated
from operations.send.plan import Load
from operations.send.running import LoadRun
from operations.send.tally import Report
from operations.send.targets import producer_of, reachable
from operations.send.to_sdk import SdkTarget
from producers.sdk.producer import EventProducer
from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

KEY = {"x-write-key": "web-1"}
JSON = {"content-type": "application/json"}
ORIGIN = "https://shop.example"
STACKS = ("clickstream-local-processing", "clickstream-local-data")  # in the order in which they can go


class Deployed:
    """The collector's HTTP API, and its stream from where it was when this was made."""

    def __init__(self, local: Local, outputs: dict[str, str]) -> None:
        self._kinesis, self.stream = local.client("kinesis"), outputs["StreamName"]
        self.url = reachable(outputs["CollectorUrl"], local.endpoint.environment())
        self._pool = urllib3.PoolManager(retries=False, timeout=30)
        [self._shard] = self._kinesis.list_shards(StreamName=self.stream)["Shards"]
        self._position = self._iterator()

    def ask(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
        return self._pool.request(method, self.url + path, **more)

    def new_lines(self) -> list[bytes]:
        """What came since this was last asked, aggregates taken apart."""
        found = self._kinesis.get_records(ShardIterator=self._position)
        self._position = found["NextShardIterator"]
        return [line for record in found["Records"] for line in _lines(record["Data"])]

    def _iterator(self) -> str:
        made = self._kinesis.get_shard_iterator(
            StreamName=self.stream, ShardId=self._shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        return str(made["ShardIterator"])


def _lines(data: bytes) -> list[bytes]:
    within = deaggregate(data)
    return [data] if within is None else [sub.data for sub in within]


@pytest.fixture(scope="module")
def collector(local: Local, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("assembly")
    hashes = [{"name": "web", "sha256": hashlib.sha256(b"web-1").hexdigest()}]
    told = CollectorConfig(origins=ORIGIN, write_keys=json.dumps(hashes))
    build(dataclasses.replace(STAGES["local"], collector=told), folder, wheels=None).synth()
    clients = Clients.of(local.endpoint.url, local.endpoint.environment())
    outputs = deploy(folder, clients, progress=lambda _: None)
    for mapping in local.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        if ":clickstream-local-" in mapping["FunctionArn"]:  # what comes in here is read by the test alone
            local.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield Deployed(local, outputs)
    for stack in STACKS:
        clients.cloudformation.delete_stack(StackName=stack)


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"01970000-0000-7000-8000-{number:012}",
        "event_type": "view",
        "occurred_at": "2026-11-20T10:00:00.000Z",
        "user_id": "u-1",
        "item_id": "i-1",
        **more,
    }


def test_events_are_on_the_stream_numbered_with_their_checkpoint_and_a_bad_one_as_it_came(collector: Deployed) -> None:
    bad = b'{"event_type":"view","item_id":"i-9",   "user_id":7}'
    body = b"[%s,%s,%s]" % (json.dumps(event(1)).encode(), bad, json.dumps(event(2)).encode())

    answer = collector.ask("POST", "/v1/events", body=body, headers={**KEY, **JSON})

    found = answer.json()
    assert (answer.status, found["accepted"], found["rejected"]) == (202, 2, 1)
    assert [rejected["index"] for rejected in found["results"]] == [1]
    lines = collector.new_lines()
    checkpoints = [said for line in lines if (said := parse_checkpoint(line)) is not None]
    assert [line for line in lines if line.rstrip(b"\n") == bad] == [bad + b"\n"]
    stamped = [read for line in lines if "producer_seq" in (read := json.loads(line))]
    assert [(each["event_id"][-1], each["producer_seq"]) for each in stamped] == [("1", 1), ("2", 2)]
    [producer_id] = {each["producer_id"] for each in stamped}
    assert producer_id.startswith("collector-")
    assert all(each["received_at"] > each["occurred_at"] for each in stamped)
    assert [(said.producer_id, said.accepted, said.final) for said in checkpoints] == [(producer_id, 2, True)]


def test_a_later_checkpoint_supersedes_the_one_before(collector: Deployed) -> None:
    for number in (3, 4):
        assert collector.ask("POST", "/v1/events", json=event(number), headers=KEY).status == 202

    said = [found for line in collector.new_lines() if (found := parse_checkpoint(line)) is not None]

    assert [each.final for each in said] == [True, True]
    assert said[1].accepted == said[0].accepted + 1


def test_a_packed_body_and_a_pixel_arrive_too(collector: Deployed) -> None:
    packed = gzip.compress(json.dumps({"events": [event(5)]}).encode())
    # With a type that is a text's, the HTTP API would hand the bytes over as a text.
    headers = {**KEY, "content-encoding": "gzip"}

    posted = collector.ask("POST", "/v1/events", body=packed, headers=headers)
    image = collector.ask("GET", "/v1/pixel?k=web-1&event_type=view&item_id=i-1&anonymous_id=a-1")

    assert (posted.status, posted.json()["accepted"]) == (202, 1)
    assert (image.status, image.headers["content-type"], image.data[:6]) == (200, "image/gif", b"GIF89a")
    sent = [json.loads(line) for line in collector.new_lines() if b'"producer_seq"' in line]
    assert [each.get("user_id") or each.get("anonymous_id") for each in sent] == ["u-1", "a-1"]


def test_browsers_of_the_shop_are_let_in_and_others_are_not(collector: Deployed) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-write-key"}

    ours = collector.ask("OPTIONS", "/v1/events", headers={"origin": ORIGIN, **asked})
    other = collector.ask("OPTIONS", "/v1/events", headers={"origin": "https://other.example", **asked})

    assert (ours.status, ours.headers["access-control-allow-origin"]) == (204, ORIGIN)
    assert "x-write-key" in ours.headers["access-control-allow-headers"]
    assert (other.status, "access-control-allow-origin" in other.headers) == (403, False)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/v1/events", {}, b"{}", 401),
        ("POST", "/v1/events", {"x-write-key": "web-2"}, b"{}", 401),
        ("POST", "/v1/events", KEY, b"{", 400),
        ("POST", "/v1/events", {**KEY, "content-encoding": "gzip"}, b"not gzip", 400),
        ("POST", "/v1/events", {**KEY, "content-encoding": "gzip", **JSON}, gzip.compress(b"[]", mtime=0), 400),
        ("POST", "/v1/events", {**KEY, "content-type": "text/xml"}, b"<e/>", 415),
        ("POST", "/v1/events", KEY, b"[" + b",".join([b"{}"] * 501) + b"]", 413),
        ("DELETE", "/v1/events", KEY, b"", 405),
        ("GET", "/v2/events", KEY, b"", 404),
        ("GET", "/metrics", {}, b"", 404),
    ],
)
def test_what_is_wrong_is_said_and_leaves_nothing_on_the_stream(
    collector: Deployed, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = collector.ask(method, path, headers=headers, body=body)

    assert answer.status == status
    assert collector.new_lines() == []


def test_it_says_that_it_lives_and_what_it_takes(collector: Deployed) -> None:
    assert [collector.ask("GET", path).status for path in ("/health", "/ready")] == [200, 200]
    assert "/v1/events" in collector.ask("GET", "/openapi.json").json()["paths"]


def test_a_load_over_http_is_answered_counted_and_on_the_stream(collector: Deployed, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    typed = ["send", "--to", "collector", "--url", collector.url, "--write-key", "web-1", "--connections", "2"]
    typed += ["--rate", "200", "--seconds", "0.5", "--batch", "20", "--users", "10", "--report", str(report)]

    status = main(typed)

    said = json.loads(report.read_text())
    assert (status, said["accepted"], said["rejected"], said["failed"], said["unsent"]) == (0, 100, 0, 0, 0)
    assert said["latency_from_due_ms"]["p50"] > 0
    sent = [json.loads(line) for line in collector.new_lines() if b'"producer_seq"' in line]
    assert len({each["event_id"] for each in sent}) == 100


def test_a_load_that_is_refused_says_so_by_its_status(collector: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["send", "--to", "collector", "--url", collector.url, "--write-key", "web-2"]

    status = main([*typed, "--rate", "20", "--seconds", "0.1", "--batch", "2"])

    assert status == 1
    assert "2 events: answer 401" in capsys.readouterr().out


def test_a_load_of_the_sdk_is_acknowledged_from_its_spool_and_on_the_stream(
    collector: Deployed, local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local.endpoint.environment().items():
        monkeypatch.setenv(name, value)
    asked = LoadAsked(stage="local", to="sdk", rate=500, seconds=0.4, batch=1, spool=tmp_path / "spool")
    events = simulated(seed=1, users=10, now=lambda: datetime.now(UTC), entropy=os.urandom)

    async def going(producer: EventProducer) -> Report:
        load = Load(rate=asked.rate, seconds=asked.seconds, batch=asked.batch)
        return await LoadRun(load, SdkTarget(producer, name="SDK"), clock=time.monotonic).run(events)

    with producer_of(asked, collector.stream) as producer:
        report = asyncio.run(going(producer))

    assert (report.tally.accepted, report.kept_up) == (200, True)
    sent = [json.loads(line) for line in collector.new_lines() if b'"producer_seq"' in line]
    assert sorted(each["producer_seq"] for each in sent) == list(range(1, 201))
