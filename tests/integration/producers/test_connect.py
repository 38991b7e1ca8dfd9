"""The short way to a producer, to a stream over HTTP and with a spool on disk."""

from __future__ import annotations

import os
import re
from pathlib import Path

import boto3
import pytest

from contract.checkpoints import parse_checkpoint
from contract.errors import ConfigurationError, TransientError
from contract.kpl import payloads
from producers.sdk.connecting import connect
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.inspect import inspect

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def lines_of(url: str, stream: str) -> list[bytes]:
    kinesis = boto3.client("kinesis", endpoint_url=url)
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return [line for record in records for line in payloads(record["Data"]) or [record["Data"]]]


def test_an_event_is_on_disk_when_acknowledged_and_on_the_stream_when_closed(moto_url: str, tmp_path: Path) -> None:
    boto3.client("kinesis", endpoint_url=moto_url).create_stream(StreamName="clicks", ShardCount=1)

    with connect("clicks", name="shop", spool=tmp_path / "spool", endpoint_url=moto_url) as producer:
        receipt = producer.track("view", user_id="u-1", item_id="i-1")
        receipt.wait(10)
        spooled = b"".join(path.read_bytes() for path in (tmp_path / "spool" / producer.producer_id).iterdir())

    assert re.fullmatch(r"shop-[0-9a-f]{12}", producer.producer_id)
    assert receipt.line in spooled
    event, checkpoint = lines_of(moto_url, "clicks")
    told = parse_checkpoint(checkpoint)
    assert event == receipt.line
    assert told is not None
    assert (told.producer_id, told.accepted, told.final) == (producer.producer_id, 1, True)
    assert [path.name for path in (tmp_path / "spool").iterdir() if path.is_dir()] == []


def test_a_spool_may_have_bounds_of_its_own(moto_url: str, tmp_path: Path) -> None:
    spool = SpoolDirectory(tmp_path, max_bytes=2**20, segment_bytes=2**16, fsync=0.5)
    settings = ProducerSettings(close_seconds=0.2)
    producer = connect("nowhere", name="shop", spool=spool, settings=settings, endpoint_url=moto_url)

    producer.track("view", user_id="u-1", item_id="i-1").wait(10)
    producer.close()

    assert [found.undelivered for found in inspect(tmp_path, now_ms=0)] == [1]


def test_a_stream_that_is_not_there_is_said_of_each_event(moto_url: str) -> None:
    settings = ProducerSettings(delivery_seconds=5, close_seconds=0.2)
    producer = connect("nowhere", name="shop", settings=settings, endpoint_url=moto_url)

    with pytest.raises(ConfigurationError, match="stream nowhere"):
        producer.track("view", user_id="u-1", item_id="i-1").wait(10)

    with pytest.raises(TransientError, match="the final checkpoint is not on the stream"):
        producer.close()


def test_a_spool_that_cannot_be_kept_is_refused_at_once(moto_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(ConfigurationError, match="no spool can be kept in"):
        connect("clicks", name="shop", spool=tmp_path / "file", endpoint_url=moto_url)


def test_without_a_region_there_is_no_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)

    with pytest.raises(ConfigurationError, match="region"):
        connect("clicks", name="shop")
