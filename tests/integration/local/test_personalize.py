"""Personalize on the local endpoint's own port, its imports read from the S3 beside it."""

import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.endpoint import Endpoint
from infra.local.paths import LocalPaths
from tests.support.local_endpoint import JARS
from tests.support.personalize_failures import HEADER, SHOP
from tests.support.personalize_walk import ROLE, csv_of
from tests.support.shop import avro

pytestmark = pytest.mark.integration


def test_personalize_imports_from_the_s3_beside_it_and_is_there_after_a_restart(tmp_path: Path) -> None:
    endpoint = start(tmp_path)
    try:
        s3, personalize = client(endpoint, "s3"), client(endpoint, "personalize")
        s3.create_bucket(Bucket="events")  # a bucket's name is no path of personalize-events
        s3.put_object(Bucket="events", Key="a.csv", Body=csv_of(HEADER, SHOP.interactions))
        group = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
        fields = {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long", "EVENT_TYPE": "string"}
        schema = personalize.create_schema(name="shop", schema=avro("Interactions", **fields))["schemaArn"]
        dataset = personalize.create_dataset(
            name="shop", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
        )["datasetArn"]
        job = personalize.create_dataset_import_job(
            jobName="first", datasetArn=dataset, dataSource={"dataLocation": "s3://events/a.csv"}, roleArn=ROLE
        )["datasetImportJobArn"]
        assert ended(personalize, job) == "ACTIVE"
        tracker = personalize.create_event_tracker(name="shop", datasetGroupArn=group)
        client(endpoint, "personalize-events").put_events(
            trackingId=tracker["trackingId"],
            sessionId="s",
            eventList=[{"eventType": "View", "itemId": "item-1", "sentAt": time.time()}],
        )
    finally:
        assert endpoint.stop().startswith("stopped in")

    endpoint = start(tmp_path)
    try:
        assert ended(client(endpoint, "personalize"), job) == "ACTIVE"
        assert [bucket["Name"] for bucket in client(endpoint, "s3").list_buckets()["Buckets"]] == ["events"]
    finally:
        endpoint.stop()


def start(home: Path) -> Endpoint:
    return Endpoint.start(paths=LocalPaths(home=home), jars=JARS, warm_spark=False, timed_delivery=False)


def client(endpoint: Endpoint, service: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def ended(personalize: Any, job: str) -> str:
    while True:
        described = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        if not described["status"].endswith(("PENDING", "IN_PROGRESS")):
            return str(described["status"])
        time.sleep(0.05)
