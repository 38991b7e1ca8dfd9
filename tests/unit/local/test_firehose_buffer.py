"""What Firehose writes, when, and what it remembers."""

import base64
import gzip
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.firehose_buffer import Buffer, StreamRecord
from infra.local.firehose_settings import DeliverySettings

pytestmark = pytest.mark.unit

NOON = 1_773_057_600.0  # 2026-03-09T12:00:00Z
SETTINGS = DeliverySettings(
    name="raw",
    version="1",
    stream_arn="arn:aws:kinesis:us-east-1:000000000000:stream/events",
    starts_at=0.0,
    bucket="bucket",
    prefix="events/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
    error_prefix="errors/!{firehose:error-output-type}/",
    max_bytes=100,
    interval_seconds=60.0,
    extension=".gz",
)
DAMAGED = b"\xf3\x89\x9a\xc2" + b"x" * 20


def record(number: int, data: bytes = b"line\n", *, shard: str = "shard-0", at: float = NOON) -> StreamRecord:
    return StreamRecord(shard=shard, sequence_number=str(number), arrived_at=at, data=data)


def filled(*records: StreamRecord, settings: DeliverySettings = SETTINGS, now: float = NOON) -> Buffer:
    buffer = Buffer(settings=settings)
    for one in records:
        buffer.add(one, now=now)
    return buffer


def test_an_object_is_named_and_placed_as_firehose_does() -> None:
    buffer = filled(record(1, b"a\n"), record(2, b"b\n"))

    [written] = buffer.objects(new_id=lambda: "uuid")

    assert written.key == "events/dt=2026-03-09/hour=12/raw-1-2026-03-09-12-00-00-uuid.gz"
    assert gzip.decompress(written.body) == b"a\nb\n"
    assert (written.records, written.is_error) == (2, False)


def test_the_oldest_record_says_the_hour() -> None:
    buffer = filled(record(1, at=NOON), record(2, at=NOON - 1))

    [written] = buffer.objects(new_id=lambda: "uuid")

    assert written.key == "events/dt=2026-03-09/hour=11/raw-1-2026-03-09-11-59-59-uuid.gz"


def test_without_compression_the_bytes_are_written_as_they_are() -> None:
    buffer = filled(record(1, b"a\n"), settings=replace(SETTINGS, extension=""))

    [written] = buffer.objects(new_id=lambda: "uuid")

    assert (written.key[-4:], written.body) == ("uuid", b"a\n")


def test_an_empty_buffer_is_never_due_and_writes_nothing() -> None:
    buffer = filled()

    assert not buffer.due(now=NOON + 10_000)
    assert buffer.objects(new_id=lambda: "uuid") == []


def test_a_buffer_is_due_when_its_first_record_waited_long_enough() -> None:
    buffer = filled(record(1), now=NOON)
    buffer.add(record(2), now=NOON + 59)

    assert not buffer.due(now=NOON + 59.9)
    assert buffer.due(now=NOON + 60)


def test_a_buffer_is_due_when_it_is_full() -> None:
    assert not filled(record(1, b"x" * 99)).full
    assert filled(record(1, b"x" * 100)).due(now=NOON)


def test_a_damaged_aggregate_goes_whole_to_the_error_prefix() -> None:
    buffer = filled(record(1, b"good\n"), record(2, DAMAGED), now=NOON + 1)

    good, bad = buffer.objects(new_id=lambda: "uuid")

    assert gzip.decompress(good.body) == b"good\n"
    assert bad.key == "errors/processing-failed/raw-1-2026-03-09-12-00-00-uuid.gz"
    assert bad.is_error
    assert json.loads(gzip.decompress(bad.body)) == {
        "attemptsMade": 1,
        "arrivalTimestamp": int(NOON * 1000),
        "errorCode": "Deaggregation.Failed",
        "errorMessage": "the aggregated record's checksum does not match its bytes",
        "attemptEndingTimestamp": int((NOON + 1) * 1000),
        "rawData": base64.b64encode(DAMAGED).decode(),
        "shardId": "shard-0",
        "sequenceNumber": "2",
    }


@given(numbers=st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 10**6)), max_size=30))
def test_each_shard_keeps_its_order_and_its_last_position_is_remembered(numbers: list[tuple[str, int]]) -> None:
    records = [record(n, f"{shard}{n}\n".encode(), shard=shard) for shard, n in numbers]

    buffer = filled(*records, settings=replace(SETTINGS, extension="", max_bytes=10**9))

    written = b"".join(o.body for o in buffer.objects(new_id=lambda: "uuid"))
    assert written == b"".join(one.data for one in records)
    assert buffer.positions == {shard: str(n) for shard, n in numbers}
