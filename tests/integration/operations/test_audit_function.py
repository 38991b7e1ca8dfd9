"""The scheduled audit as Lambda runs it, on moto's AWS."""

from __future__ import annotations

import gzip
import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.audit import metric

pytestmark = pytest.mark.integration

SETTINGS = {
    "STAGE": "test",
    "RAW_BUCKET": "raw",
    "LAKE_BUCKET": "lake",
    "QUARANTINE_BUCKET": "quarantine",
    "PERSONALIZE_BUCKET": "imports",
    "STATE_TABLE": "state",
    "INTERACTIONS_SOURCE": "both",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
KEYS = [("pk", "HASH"), ("sk", "RANGE")]


@dataclass(frozen=True, slots=True)
class Context:
    aws_request_id: str = "request-1"


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The entry point, started on a stage in which nothing has happened."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        for bucket in ("raw", "lake", "quarantine", "imports"):
            boto3.client("s3").create_bucket(Bucket=bucket)
        boto3.client("dynamodb").create_table(
            TableName="state",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
            BillingMode="PAY_PER_REQUEST",
        )
        yield importlib.reload(importlib.import_module("operations.audit.lambda_handler"))


def measured() -> list[tuple[str, float]]:
    """Label and value of what CloudWatch has."""
    data: Any = boto3.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "imbalance",
                "MetricStat": {
                    "Metric": {
                        "Namespace": metric.NAMESPACE,
                        "MetricName": metric.IMBALANCE,
                        "Dimensions": [{"Name": "Stage", "Value": "test"}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
        ],
        StartTime=datetime.now(UTC) - timedelta(minutes=5),
        EndTime=datetime.now(UTC) + timedelta(minutes=5),
    )
    return [(found["Label"], value) for found in data["MetricDataResults"] for value in found["Values"]]


def test_a_ledger_that_balances_is_measured_as_nothing(function: ModuleType) -> None:
    assert function.handler({}, Context()) == {"imbalance": 0, "findings": 0, "pending": 0}
    assert measured() == [("LedgerImbalance Sum", 0.0)]


def test_what_is_missing_is_measured_and_logged_without_users(
    function: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    arrived = datetime.now(UTC) - timedelta(hours=80)
    lines = b'{"producer_id":"web-1","producer_seq":1,"user_id":"u-secret"}\n'
    key = f"events/dt={arrived:%Y-%m-%d}/hour={arrived:%H}/a.gz"
    boto3.client("s3").put_object(Bucket="raw", Key=key, Body=gzip.compress(lines))

    assert function.handler({}, Context()) == {"imbalance": 2, "findings": 1, "pending": 1}
    assert measured() == [("LedgerImbalance Sum", 2.0)]
    logged = capsys.readouterr().out
    line = json.loads(logged.splitlines()[-1])
    assert line["event"] == "ledger_audited"
    assert line["level"] == "error"
    assert line["request_id"] == "request-1"
    assert line["first_findings"] == [
        "put_events: producer web-1 sequence 1 is in raw and in no account of the stream consumer"
    ]
    assert "u-secret" not in logged
