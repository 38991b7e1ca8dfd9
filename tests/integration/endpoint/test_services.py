"""What the project asks of S3, Kinesis, EventBridge and SQS, on whatever LocalStack-compatible endpoint."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration

Client = Callable[[str], Any]


def fresh(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def bucket(client: Client) -> str:
    name = fresh("bucket")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def queue(client: Client) -> str:
    return str(client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"])


def received(client: Client, queue: str) -> dict[str, Any]:
    """The body of the next message, which must come within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        messages = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        if messages:
            body: dict[str, Any] = json.loads(messages[0]["Body"])
            return body
    raise AssertionError("no message came")


def test_an_object_comes_back_byte_for_byte(client: Client, bucket: str) -> None:
    body = bytes(range(256)) * 40

    client("s3").put_object(Bucket=bucket, Key="a b/ü.bin", Body=body)

    assert client("s3").get_object(Bucket=bucket, Key="a b/ü.bin")["Body"].read() == body


def test_a_listing_is_sorted_and_comes_in_pages(client: Client, bucket: str) -> None:
    keys = [f"events/dt=2026-11-{day:02}/part" for day in range(1, 8)]
    for key in reversed(keys):
        client("s3").put_object(Bucket=bucket, Key=key, Body=b"")

    pages = list(
        client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
    )

    assert [[o["Key"] for o in page["Contents"]] for page in pages] == [keys[:3], keys[3:6], keys[6:]]


def test_a_range_of_an_object_can_be_read(client: Client, bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    assert client("s3").get_object(Bucket=bucket, Key="k", Range="bytes=2-4")["Body"].read() == b"234"


def test_a_missing_object_is_no_such_key(client: Client, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        client("s3").get_object(Bucket=bucket, Key="none")

    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_an_object_written_in_parts_is_one(client: Client, bucket: str) -> None:
    s3, parts = client("s3"), [b"a" * (5 * 1024 * 1024), b"end"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    tags = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=part)["ETag"],
        }
        for number, part in enumerate(parts, start=1)
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": tags})

    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"".join(parts)


def test_records_of_one_key_come_back_in_order(client: Client) -> None:
    kinesis, name = client("kinesis"), fresh("stream")
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    payloads = [f"{number}\n".encode() for number in range(50)]

    answer = kinesis.put_records(
        StreamName=name, Records=[{"Data": payload, "PartitionKey": "visitor"} for payload in payloads]
    )

    assert answer["FailedRecordCount"] == 0
    [shard] = {record["ShardId"] for record in answer["Records"]}
    iterator = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"], Limit=1_000)["Records"]
    assert [record["Data"] for record in records] == payloads


def test_reading_can_go_on_after_a_sequence_number(client: Client) -> None:
    kinesis, name = client("kinesis"), fresh("stream")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    first = kinesis.put_record(StreamName=name, Data=b"first", PartitionKey="k")
    kinesis.put_record(StreamName=name, Data=b"second", PartitionKey="k")

    iterator = kinesis.get_shard_iterator(
        StreamName=name,
        ShardId=first["ShardId"],
        ShardIteratorType="AFTER_SEQUENCE_NUMBER",
        StartingSequenceNumber=first["SequenceNumber"],
    )["ShardIterator"]

    assert [r["Data"] for r in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b"second"]


def test_a_message_is_received_once_it_was_sent_and_gone_once_it_was_deleted(client: Client, queue: str) -> None:
    sqs = client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    assert message["Body"] == "hello"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)


def test_a_rule_passes_on_only_the_events_that_match(client: Client, queue: str) -> None:
    events, bus, rule = client("events"), fresh("bus"), fresh("rule")
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["clickstream.test"], "detail": {"count": [{"numeric": [">", 1]}]}}
    events.create_event_bus(Name=bus)
    events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    for source, count in (("clickstream.other", 5), ("clickstream.test", 1), ("clickstream.test", 2)):
        entry = {"Source": source, "DetailType": "Counted", "Detail": json.dumps({"count": count}), "EventBusName": bus}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    event = received(client, queue)
    assert (event["source"], event["detail-type"], event["detail"]) == ("clickstream.test", "Counted", {"count": 2})
    assert "Messages" not in client("sqs").receive_message(QueueUrl=queue)


def test_an_object_that_lands_is_told_to_the_bus(client: Client, bucket: str, queue: str) -> None:
    events, rule = client("events"), fresh("rule")
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    client("s3").put_object(Bucket=bucket, Key="events/one.gz", Body=b"123")

    detail = received(client, queue)["detail"]
    assert (detail["bucket"]["name"], detail["object"]["key"], detail["object"]["size"]) == (bucket, "events/one.gz", 3)
