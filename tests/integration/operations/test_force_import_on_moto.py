"""`clickstream force-import` on a stage: in the caller's name, and the reconciler hears of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from contract.errors import ConfigurationError
from operations.deployment import Deployment
from operations.force_import import force_import
from tests.support.reconciler_bucket import FakeS3, publish

pytestmark = pytest.mark.integration

KEY = "_ready/items/0000000001.json"
CALLER = "arn:aws:sts::123456789012:user/moto"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="imports")
        published = FakeS3()
        publish(published, "items", 1, rows=7)
        for key, data in published.objects.items():
            boto3.client("s3").put_object(Bucket="imports", Key=key, Body=data)
        boto3.client("dynamodb").create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        yield Deployment(
            stage="test",
            raw_bucket="raw",
            lake_bucket="lake",
            quarantine_bucket="quarantine",
            personalize_bucket="imports",
            state_table="state",
        )


@pytest.fixture
def heard(stage: Deployment) -> str:
    """URL of a queue with what the stage's bus carries."""
    events, queue = boto3.client("events"), boto3.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    asked = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.create_event_bus(Name=stage.name)
    pattern = {"source": ["clickstream.operations"], "detail-type": ["Reconcile Requested"]}
    events.put_rule(Name="heard", EventBusName=stage.name, EventPattern=json.dumps(pattern))
    arn = asked["Attributes"]["QueueArn"]
    events.put_targets(Rule="heard", EventBusName=stage.name, Targets=[{"Id": "queue", "Arn": arn}])
    return str(queue)


def test_the_word_is_kept_in_the_callers_name_and_the_reconciler_is_woken(stage: Deployment, heard: str) -> None:
    said = force_import(stage, KEY, NOW)

    [message] = boto3.client("sqs").receive_message(QueueUrl=heard)["Messages"]
    assert said == f"{KEY} may replace all items by its 7 rows, says {CALLER}"
    assert stage.state().get("personalize-forced", KEY) == {"who": CALLER, "at": 1_800_000_000}
    assert json.loads(message["Body"])["detail"] == {}


def test_nobody_is_woken_for_what_is_not_there(stage: Deployment, heard: str) -> None:
    with pytest.raises(ConfigurationError, match="is no READY manifest of this deployment"):
        force_import(stage, "_ready/items/0000000002.json", NOW)

    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=heard)
