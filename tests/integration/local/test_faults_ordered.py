"""Faults ordered at the endpoint strike real calls; what they refuse is really not written."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.endpoint import EndpointError
from tests.support.local_endpoint import Local, put
from tests.support.local_functions import function, source, stream

pytestmark = pytest.mark.integration

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(autouse=True)
def no_faults_after(local: Local) -> Iterator[None]:
    yield
    local.endpoint.faults()


def once(local: Local, service: str) -> Any:
    """A client that does not try again."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    make: Callable[..., Any] = session.client
    return make(service, endpoint_url=local.endpoint.url, config=ONCE)


def test_records_that_are_refused_are_not_in_the_stream(local: Local) -> None:
    name, arn = stream(local)
    entries = [{"Data": str(n).encode(), "PartitionKey": "k"} for n in range(200)]
    local.endpoint.faults(put_records={"fail_share": 0.3, "seed": 3})

    answer = once(local, "kinesis").put_records(StreamName=name, Records=entries)
    local.endpoint.faults(put_records={"throttle_share": 1})
    with pytest.raises(ClientError, match="Rate exceeded"):
        once(local, "kinesis").put_records(StreamName=name, Records=entries)

    refused = [n for n, record in enumerate(answer["Records"]) if "ErrorCode" in record]
    assert answer["FailedRecordCount"] == len(refused)
    assert 30 < len(refused) < 90
    assert local.endpoint.health()["faults"]["struck"] == {"put_records": 1}
    kinesis = local.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamARN=arn, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    written = [int(record["Data"]) for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    assert sorted([*written, *refused]) == list(range(200))


def test_a_function_that_crashes_gets_its_batch_again(local: Local) -> None:
    target = function(local)
    name, arn = stream(local)
    put(local, name, b"a", b"b")
    local.endpoint.faults(invoke={"function": target.name, "crash_at": [1, 2], "within_ms": 5, "seed": 1})

    source(local, target, arn)
    drained = local.endpoint.drain()

    health = local.endpoint.health()
    assert drained["failing"] == []
    assert health["functions"][target.name] == {"invocations": 3, "errors": 2, "throttled": 0}
    assert health["faults"]["struck"] == {"invoke": 2}
    assert target.datas()[-1] == ["a", "b"]


def test_a_function_that_is_slower_than_the_ordered_timeout_is_killed(local: Local) -> None:
    target = function(local, timeout=40)
    name, arn = stream(local)
    put(local, name, b"sleep")
    local.endpoint.faults(invoke={"function": target.name, "timeout": 1.5})

    uuid_ = source(local, target, arn, MaximumRetryAttempts=0)
    began = time.monotonic()
    local.endpoint.drain()

    assert time.monotonic() - began < 20
    assert local.endpoint.health()["streams"][uuid_]["error"] == "Sandbox.Timedout: Task timed out after 1.50 seconds"


def test_writes_to_a_table_and_under_a_prefix_are_refused(local: Local) -> None:
    table, bucket = f"table-{uuid.uuid4().hex[:8]}", local.bucket()
    dynamodb = once(local, "dynamodb")
    dynamodb.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "1"}}
    local.endpoint.faults(dynamodb={"table": table, "refuse_share": 1}, s3={"prefix": "no/", "refuse_share": 1})

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        dynamodb.put_item(TableName=table, Item=item)
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item}}])
    with pytest.raises(ClientError, match="SlowDown"):
        once(local, "s3").put_object(Bucket=bucket, Key="no/x", Body=b"")
    local.client("s3").put_object(Bucket=bucket, Key="yes/x", Body=b"")

    assert dynamodb.scan(TableName=table)["Items"] == []
    assert list(local.bodies(bucket)) == ["yes/x"]


def test_an_unknown_fault_is_refused(local: Local) -> None:
    with pytest.raises(EndpointError, match="no fault sqs"):
        local.endpoint.faults(sqs={})
