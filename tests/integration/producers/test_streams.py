"""What every `Stream` promises, asked of memory and of Kinesis (moto) alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from contract.errors import ConfigurationError, TransientError
from producers.sdk.boto_kinesis import BotoKinesis, kinesis_client
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.stream import Record, Stream
from tests.factories import FakeClock, event

pytestmark = pytest.mark.integration
Harness = tuple[Stream, Callable[[], Sequence[Record]]]


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def memory() -> Iterator[Harness]:
    stream = MemoryStream()
    yield stream, lambda: stream.records


def kinesis() -> Iterator[Harness]:
    with mock_aws():
        client = kinesis_client()
        client.create_stream(StreamName="events", ShardCount=1)
        [shard] = client.list_shards(StreamName="events")["Shards"]

        def read() -> Sequence[Record]:
            start = client.get_shard_iterator(
                StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            found = client.get_records(ShardIterator=start["ShardIterator"])["Records"]
            return [Record(r["PartitionKey"], r["Data"]) for r in found]

        yield BotoKinesis(lambda: client, "events"), read


@pytest.fixture(params=[memory, kinesis], ids=lambda make: make.__name__)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    yield from request.param()


def test_accepted_records_come_back_in_order_and_byte_for_byte(harness: Harness) -> None:
    stream, read = harness
    records = [Record("u-1", b'{"a":1}\n'), Record("u-1", bytes(range(256)) + b"\n"), Record("ü", b"third\n")]

    outcomes = stream.put(records)

    assert [outcome.refused for outcome in outcomes] == [None, None, None]
    assert list(read()) == records


def test_a_producer_fills_the_stream_with_numbered_events_and_its_checkpoint(harness: Harness) -> None:
    stream, read = harness

    with EventProducer(stream, clock=FakeClock(), producer_id="web-1") as producer:
        for _ in range(1_100):
            producer.send(event())

    numbers = [f'"producer_seq":{n}}}\n'.encode() for n in range(1, 1_101)]
    *events, last = (record.data for record in read())
    assert all(line.endswith(number) for line, number in zip(events, numbers, strict=True))
    assert last == (
        b'{"checkpoint":{"producer_id":"web-1","number":1,"accepted":1100,"at":"2026-11-23T09:30:00.000Z","final":true}}\n'
    )


def test_a_stream_that_does_not_exist_is_a_matter_of_configuration() -> None:
    with mock_aws(), pytest.raises(ConfigurationError, match=r"stream nowhere refuses.*check its name"):
        BotoKinesis(kinesis_client, "nowhere").put([Record("u-1", b"x\n")])


def test_an_endpoint_that_does_not_answer_is_worth_another_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(TransientError, match="cannot be reached"):
        BotoKinesis(kinesis_client, "events").put([Record("u-1", b"x\n")])


def test_missing_credentials_are_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    client = boto3.Session().client("kinesis", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(ConfigurationError, match="credentials"):
        BotoKinesis(lambda: client, "events").put([Record("u-1", b"x\n")])
