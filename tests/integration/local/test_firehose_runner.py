"""What is put on a Kinesis stream arrives in S3 once, in order, as the delivery stream says."""

import base64
import gzip
import json
import re
from typing import Any

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from botocore.exceptions import ClientError

from tests.support.local_endpoint import Local, delivery, put

pytestmark = pytest.mark.integration


def lines(local: Local, bucket: str) -> list[bytes]:
    bodies = local.bodies(bucket, "events/")
    return [line for key in sorted(bodies) for line in gzip.decompress(bodies[key]).splitlines()]


def test_records_arrive_once_in_order_and_in_one_object(local: Local) -> None:
    name, bucket = delivery(local)
    put(local, name, *[f"{n}\n".encode() for n in range(1_00)])

    first = local.endpoint.drain()["firehose"]
    second = local.endpoint.drain()["firehose"]

    assert first == {"objects": 1, "records": 100, "error_objects": 0, "error_records": 0}
    assert second == {"objects": 0, "records": 0, "error_objects": 0, "error_records": 0}
    assert lines(local, bucket) == [str(n).encode() for n in range(100)]
    [key] = local.bodies(bucket)
    stamp = r"\d{4}-\d\d-\d\d"
    assert re.fullmatch(rf"events/dt={stamp}/{name}-1-{stamp}-\d\d-\d\d-\d\d-[0-9a-f-]{{36}}\.gz", key)


def test_nothing_is_delivered_before_it_is_due(local: Local) -> None:
    name, bucket = delivery(local)

    put(local, name, b"waits\n")

    assert local.bodies(bucket) == {}  # ministack's own delivery would have written by now


def test_every_shard_is_delivered(local: Local) -> None:
    name, bucket = delivery(local)
    for number in range(20):
        put(local, name, f"{number}\n".encode(), key=f"key-{number}")

    local.endpoint.drain()

    assert sorted(map(int, lines(local, bucket))) == list(range(20))


def test_aggregated_records_are_taken_apart(local: Local) -> None:
    name, bucket = delivery(local)
    aggregator = RecordAggregator()
    for number in range(50):
        aggregator.add_user_record(f"key-{number}", f"{number}\n".encode())
    put(local, name, bytes(aggregator.clear_and_get().get_contents()[2]))

    delivered = local.endpoint.drain()["firehose"]

    assert delivered["records"] == 50
    assert lines(local, bucket) == [str(n).encode() for n in range(50)]


def test_a_damaged_aggregate_lands_whole_under_the_error_prefix(local: Local) -> None:
    name, bucket = delivery(local)
    damaged = b"\xf3\x89\x9a\xc2" + b"not an aggregate, whatever it says"
    put(local, name, damaged, b"good\n")

    delivered = local.endpoint.drain()["firehose"]

    assert delivered == {"objects": 1, "records": 1, "error_objects": 1, "error_records": 1}
    [body] = local.bodies(bucket, "errors/processing-failed/").values()
    error = json.loads(gzip.decompress(body))
    assert base64.b64decode(error["rawData"]) == damaged


@pytest.mark.parametrize(
    "destination",
    [
        {"DynamicPartitioningConfiguration": {"Enabled": True}},
        {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": []}]}},
        {"Prefix": "!{partitionKeyFromLambda:kind}/"},
    ],
)
def test_a_delivery_stream_that_asks_for_more_is_refused(local: Local, destination: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="the local Firehose does not implement"):
        delivery(local, **destination)


def test_direct_puts_are_refused(local: Local) -> None:
    name, _ = delivery(local)

    with pytest.raises(ClientError, match="reads a Kinesis stream"):
        local.client("firehose").put_record(DeliveryStreamName=name, Record={"Data": b"x"})
