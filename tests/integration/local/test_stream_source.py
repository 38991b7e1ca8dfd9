"""A stream's records reach the function that its mapping names, as Lambda documents it, and no other way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.local_endpoint import Local, put
from tests.support.local_functions import Function, function, messages, queue, source, stream, until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def reporting(local: Local) -> Function:
    """A function that reports the record which says so."""
    return function(local, environment={"REPORT": "1"})


def test_records_arrive_once_in_order_in_batches_of_the_size_asked_for(local: Local) -> None:
    target = function(local)
    name, arn = stream(local)
    put(local, name, *[str(n).encode() for n in range(25)])
    uuid = source(local, target, arn, BatchSize=10)

    assert local.endpoint.drain()["failing"] == []

    datas = target.datas()
    assert [data for batch in datas for data in batch] == [str(n) for n in range(25)]
    assert [len(batch) for batch in datas] == [10, 10, 5]
    health = local.endpoint.health()
    shown = health["streams"][uuid]
    assert (shown["invocations"], shown["records"], shown["lag"], shown["error"]) == (3, 25, 0, "")
    assert health["functions"][target.name]["invocations"] == 3


def test_the_event_is_that_of_kinesis(local: Local, reporting: Function) -> None:
    name, arn = stream(local)
    before = len(reporting.calls())
    uuid = source(local, reporting, arn)
    put(local, name, b"\x00binary", key="someone")

    local.endpoint.drain()

    [record] = reporting.calls()[before]["event"]["Records"]
    kinesis = record.pop("kinesis")
    assert base64.b64decode(kinesis.pop("data")) == b"\x00binary"
    number, arrived = kinesis.pop("sequenceNumber"), kinesis.pop("approximateArrivalTimestamp")
    assert isinstance(arrived, float)
    assert kinesis == {"kinesisSchemaVersion": "1.0", "partitionKey": "someone"}
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::000000000000:role/lambda-role",
        "awsRegion": "us-east-1",
        "eventSourceARN": arn,
    }
    local.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_poison_is_isolated_and_lands_whole_in_the_bucket(local: Local) -> None:
    target, bucket = function(local), local.bucket()
    name, arn = stream(local)
    put(local, name, b"a", b"b", b"poison", b"c")
    uuid = source(
        local,
        target,
        arn,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )

    local.endpoint.drain()

    assert target.datas() == [["a", "b", "poison", "c"], ["a", "b"], ["poison", "c"], ["poison"], ["poison"], ["c"]]
    [(key, body)] = local.bodies(bucket).items()
    assert key.startswith(f"aws/lambda/{uuid}/shardId-000000000000/")
    document = json.loads(body)
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["KinesisBatchInfo"]["batchSize"] == 1
    [lost] = json.loads(document["payload"])["Records"]
    assert base64.b64decode(lost["kinesis"]["data"]) == b"poison"


def test_a_reported_record_is_where_the_batch_goes_on(local: Local, reporting: Function) -> None:
    url, queue_arn = queue(local)
    name, arn = stream(local)
    before = len(reporting.calls())
    put(local, name, b"a", b"report", b"c")
    source(
        local,
        reporting,
        arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )

    local.endpoint.drain()

    assert reporting.datas()[before:] == [["a", "report", "c"], ["report", "c"], ["report", "c"]]
    [message] = messages(local, url)
    document = json.loads(message["Body"])
    assert "payload" not in document
    assert document["KinesisBatchInfo"]["batchSize"] == 2


def test_a_function_that_takes_too_long_is_a_failure(local: Local) -> None:
    target = function(local, timeout=1)
    name, arn = stream(local)
    put(local, name, b"sleep")
    uuid = source(local, target, arn, MaximumRetryAttempts=0)

    local.endpoint.drain()

    assert local.endpoint.health()["streams"][uuid]["error"] == "Sandbox.Timedout: Task timed out after 1.00 seconds"


def test_a_batch_that_keeps_failing_ends_the_drain_with_its_error(local: Local) -> None:
    target = function(local)
    name, arn = stream(local)
    put(local, name, b"poison")
    uuid = source(local, target, arn)

    drained = local.endpoint.drain()

    [failing] = drained["failing"]
    assert failing["function"] == target.arn
    assert failing["error"] == "Runtime.HandlerError: poison"
    assert local.endpoint.health()["streams"][uuid]["lag"] == 1
    local.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_a_mapping_of_a_template_starts_at_the_latest_record_and_waits_for_its_window(local: Local) -> None:
    target = function(local)
    name, arn = stream(local)
    put(local, name, b"before")
    properties = {
        "FunctionName": target.name,
        "EventSourceArn": arn,
        "StartingPosition": "LATEST",
        "MaximumBatchingWindowInSeconds": 300,
        "BatchSize": 2,
    }
    resource = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    local.client("cloudformation").create_stack(
        StackName=f"mapping-{target.name}", TemplateBody=json.dumps({"Resources": {"Mapping": resource}})
    )
    put(local, name, b"1", b"2", b"3")

    until(target.datas)
    assert target.datas() == [["1", "2"]]
    local.endpoint.drain()

    assert target.datas() == [["1", "2"], ["3"]]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"TumblingWindowInSeconds": 30}, "TumblingWindowInSeconds"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "FilterCriteria"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:000000000000:t"}}}, "on-failure"),
        ({"BatchSize": 10_001}, "BatchSize between 1 and 10000"),
    ],
)
def test_a_mapping_that_asks_for_more_is_refused(
    local: Local, reporting: Function, options: dict[str, Any], named: str
) -> None:
    _, arn = stream(local)

    with pytest.raises(ClientError, match=named):
        source(local, reporting, arn, **options)
