"""The reconciler's entry point as Lambda calls it, on DynamoDB, S3, a bus and Personalize."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from glue_jobs.store import S3Store
from tests.support.personalize_server import KEYS, Server, running, s3_server
from tests.support.published_shop import publish
from tests.support.reconciler_emulator import tasteful_rows

pytestmark = pytest.mark.integration

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
TABLE = "clickstream-test-state"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with s3_server("files") as url:
        boto3.client("events", endpoint_url=url, **KEYS).create_event_bus(Name="clickstream-test")
        keys = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        boto3.client("dynamodb", endpoint_url=url, **KEYS).create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=keys,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield url


@pytest.fixture(scope="module")
def server(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("personalize"), aws) as server:
        yield server


@pytest.fixture
def handler(aws: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    environ = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_PERSONALIZE": server.url,
        "DEPLOYMENT": "clickstream-test",
        "STATE_TABLE": TABLE,
        "PERSONALIZE_BUCKET": "files",
        "PERSONALIZE_ROLE_ARN": "arn:aws:iam::000000000000:role/personalize",
        "BUS": "clickstream-test",
        "MONTHLY_CAP_USD": "1000",
        "POLL_SECONDS": "0.05",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    name = "consumers.personalize_sync.lambda_handler"
    yield importlib.import_module(name).handler
    del sys.modules[name]


def test_a_wake_up_takes_files_to_resources_that_consumers_find(handler: Handler, aws: str) -> None:
    store = S3Store(boto3.client("s3", endpoint_url=aws, **KEYS), "files", "")
    for dataset, rows in tasteful_rows(users=30).items():
        publish(store, dataset, rows)
    context = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: 80_000)

    answer = handler({"source": "aws.scheduler"}, context)

    table = boto3.resource("dynamodb", endpoint_url=aws, **KEYS).Table(TABLE)
    resources = json.loads(table.get_item(Key={"pk": "personalize", "sk": "resources"})["Item"]["value"])
    lease = table.get_item(Key={"pk": "personalize", "sk": "lease"})["Item"]
    assert (answer["settled"], answer["by"]) == (True, "")
    assert set(resources["datasets"]) == {"interactions", "items", "users"}
    assert len(resources["tracking_id"]) == 36
    assert (lease["owner"], int(lease["requested"])) == ("", 1)
