"""What every `Stream` promises, asked of memory and of Kinesis (moto) by each transport alike."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest

from contract.errors import ConfigurationError, TransientError
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.memory import MemoryStream, taken_apart
from producers.sdk.producer import EventProducer
from producers.sdk.stream import Outcome, Record, Stream
from tests.factories import event
from tests.support.cbor_kinesis import in_cbor

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

pytestmark = pytest.mark.integration
_HALF = 2**127
_numbers = count(1)


@dataclass(frozen=True)
class Harness:
    """A stream of two shards, and what lies in it, shard after shard."""

    stream: Stream
    read: Callable[[], Sequence[Record]]


@pytest.fixture(scope="session")
def cbor_url(moto_url: str) -> Iterator[str]:
    with in_cbor(moto_url) as url:
        yield url


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch, moto_url: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@cache
def session() -> botocore.session.Session:
    """Its service models are read once."""
    return botocore.session.Session()


@cache
def client(url: str) -> KinesisClient:
    assert url == os.environ["AWS_ENDPOINT_URL"]
    return kinesis_client()


def signed(name: str, *, url: str, cbor: bool = False) -> SignedKinesis:
    return SignedKinesis.of_session(session(), name, connections=2, clock=SystemClock(), endpoint_url=url, cbor=cbor)


TRANSPORTS = ("boto3", "signed", "signed, CBOR")


def connected(transport: str, name: str, *, url: str, cbor_url: str = "") -> Stream:
    match transport:
        case "boto3":
            return BotoKinesis(lambda: client(url), name)
        case "signed":
            return signed(name, url=url)
    return signed(name, url=cbor_url, cbor=True)


@pytest.fixture(params=["memory", *TRANSPORTS])
def harness(request: pytest.FixtureRequest, moto_url: str, cbor_url: str) -> Harness:
    if request.param == "memory":
        memory = MemoryStream(shards=2)
        return Harness(memory, lambda: memory.records)
    name = created(moto_url)
    stream = connected(request.param, name, url=moto_url, cbor_url=cbor_url)
    return Harness(stream, lambda: found(moto_url, name))


@pytest.fixture(params=TRANSPORTS)
def connect(request: pytest.FixtureRequest, moto_url: str, cbor_url: str) -> Callable[[str], Stream]:
    """The stream of a name, by each transport."""
    return lambda name: connected(request.param, name, url=moto_url, cbor_url=cbor_url)


def created(url: str, shards: int = 2) -> str:
    name = f"events-{next(_numbers)}"
    client(url).create_stream(StreamName=name, ShardCount=shards)
    return name


def found(url: str, name: str) -> list[Record]:
    return [
        Record(record["PartitionKey"], record["Data"])
        for shard in client(url).list_shards(StreamName=name)["Shards"]
        for record in records_of(client(url), name, shard["ShardId"])
    ]


def records_of(kinesis: KinesisClient, name: str, shard_id: str) -> Sequence[Any]:
    start = kinesis.get_shard_iterator(StreamName=name, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")
    return kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]


def test_accepted_records_come_back_in_order_and_byte_for_byte(harness: Harness) -> None:
    records = [
        Record("u-3", b'{"a":1}\n'),
        Record("u-3", bytes(range(256)) + b"\n"),
        Record("u-1", b"third\n", "0"),
    ]

    outcomes = harness.stream.put(records)

    assert list(outcomes) == [Outcome("shardId-000000000000")] * 3
    assert [(r.key, r.data) for r in harness.read()] == [(r.key, r.data) for r in records]


def test_odd_keys_come_back_as_they_are(harness: Harness) -> None:
    keys = ['"', "\\", "ü ☃ 🛒", "\x01", "a" * 256]

    harness.stream.put([Record(key, b"x\n") for key in keys])

    assert {record.key for record in harness.read()} == set(keys)


def test_a_record_lies_in_the_shard_of_its_hash_key_or_of_its_key(harness: Harness) -> None:
    first, second = harness.stream.shards()

    outcomes = harness.stream.put(
        [Record("u-1", b"1\n", "7"), Record("u-3", b"2\n", str(_HALF + 7)), Record("u-3", b"3\n")]
    )

    assert (first.first_hash, first.last_hash) == (0, _HALF - 1)
    assert (second.first_hash, second.last_hash) == (_HALF, 2 * _HALF - 1)
    assert [outcome.shard_id for outcome in outcomes] == [first.id, second.id, first.id]


def test_nothing_is_put_without_a_call(harness: Harness) -> None:
    assert list(harness.stream.put([])) == []


def test_several_threads_put_at_once(harness: Harness) -> None:
    lines = [Record(f"u-{number}", f"{number}\n".encode()) for number in range(200)]

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(harness.stream.put, (lines[at : at + 10] for at in range(0, 200, 10))))

    assert {outcome.refused for each in outcomes for outcome in each} == {None}
    assert sorted(r.data for r in harness.read()) == sorted(line.data for line in lines)


def test_a_producer_fills_the_stream_with_numbered_events_and_its_checkpoint(harness: Harness) -> None:
    with EventProducer(harness.stream, clock=SystemClock(), producer_id="web-1") as producer:
        for _ in range(1_100):
            producer.send(event())

    lines = [line.data for record in harness.read() for line in taken_apart(record)]
    numbers = {int(line.rpartition(b":")[2][:-2]) for line in lines if b'"producer_seq"' in line}
    assert (len(lines), numbers) == (1_101, set(range(1, 1_101)))
    [last] = [json.loads(line)["checkpoint"] for line in lines if b'"checkpoint"' in line]
    assert (last["producer_id"], last["accepted"], last["final"]) == ("web-1", 1_100, True)


def test_only_open_shards_are_listed(connect: Callable[[str], Stream], moto_url: str) -> None:
    name = created(moto_url, shards=1)
    [parent] = connect(name).shards()
    client(moto_url).split_shard(StreamName=name, ShardToSplit=parent.id, NewStartingHashKey="1000")

    children = connect(name).shards()

    assert [(shard.first_hash, shard.last_hash) for shard in children] == [(0, 999), (1_000, 2**128 - 1)]
    assert parent.id not in {shard.id for shard in children}


def test_a_stream_that_does_not_exist_is_a_matter_of_configuration(connect: Callable[[str], Stream]) -> None:
    stream = connect("nowhere")
    for call in (lambda: stream.put([Record("u-1", b"x\n")]), stream.shards):
        with pytest.raises(ConfigurationError, match=r"stream nowhere refuses.*ResourceNotFound.*check its name"):
            call()


@pytest.mark.parametrize("transport", ["boto3", "signed"])
def test_an_endpoint_that_does_not_answer_is_worth_another_attempt(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    stream = connected(transport, "events", url="http://127.0.0.1:9")

    with pytest.raises(TransientError, match="cannot be reached"):
        stream.put([Record("u-1", b"x\n")])
    with pytest.raises(TransientError, match="cannot be reached"):
        stream.shards()


@pytest.mark.parametrize("transport", ["boto3", "signed"])
def test_missing_credentials_are_a_matter_of_configuration(
    transport: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    stream = (
        BotoKinesis(lambda: boto3.Session().client("kinesis"), "events")
        if transport == "boto3"
        else SignedKinesis.of_session(botocore.session.Session(), "events", connections=1, clock=SystemClock())
    )

    with pytest.raises(ConfigurationError, match="credentials"):
        stream.put([Record("u-1", b"x\n")])
