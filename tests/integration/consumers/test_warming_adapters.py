"""Warming's effects with boto3: the features table on moto, GetRecommendations by its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from consumers.warming.active_users import Seen, most_recent
from consumers.warming.adapters import DynamoDBFeatures, Runtime
from consumers.warming.ports import Recommended, Refused
from contract.errors import TransientError
from tests.support.personalize_server import KEYS

pytestmark = pytest.mark.integration

CAMPAIGN = "arn:aws:personalize:us-east-1:000000000000:campaign/shop"
FILTER = "arn:aws:personalize:us-east-1:000000000000:filter/bought"


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        dynamodb: Any = boto3.resource("dynamodb", **KEYS)
        yield dynamodb.create_table(
            TableName="features",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("personalize-runtime", config=Config(retries={"total_max_attempts": 1}), **KEYS)
    with Stubber(client) as stubber:
        yield stubber


def test_users_come_page_by_page_and_nothing_else_does(table: Any) -> None:
    for n in range(6):
        visit = {"last_event_at": f"2026-11-23T09:0{n}:00.000Z", "recent": "x" * 350_000}
        table.put_item(Item={"id": f"user#u-{n}", **visit})
    table.put_item(Item={"id": "user#only-places", "places": {}})
    table.put_item(Item={"id": "popularity#shard", "windows": b"", "version": 1, "last_event_at": "none"})
    features = DynamoDBFeatures(table)

    pages = list(features.users())

    assert len(pages) > 1
    assert sorted(user for page in pages for user in page) == [
        Seen(f"2026-11-23T09:0{n}:00.000Z", f"u-{n}") for n in range(6)
    ]
    assert most_recent(features.users(), count=2, most_pages=10).user_ids == ("u-5", "u-4")


def test_recommendations_are_kept_beside_the_user_in_the_place_of_earlier_ones(table: Any) -> None:
    features = DynamoDBFeatures(table)

    for item in ("i-1", "i-2"):
        features.keep("u-1", {"items": [item], "expires_at": 5})

    assert table.scan()["Items"] == [{"id": "recommendations#u-1", "items": ["i-2"], "expires_at": 5}]


def test_a_table_that_is_not_there_is_no_reason_to_go_on(table: Any) -> None:
    table.delete()

    with pytest.raises(Exception, match="ResourceNotFoundException"):
        list(DynamoDBFeatures(table).users())


def test_recommendations_are_asked_for_with_the_filter_and_come_in_order(stub: Stubber) -> None:
    asked = {"campaignArn": CAMPAIGN, "userId": "u-1", "numResults": 7, "filterArn": FILTER}
    stub.add_response(
        "get_recommendations", {"itemList": [{"itemId": "i-2"}, {"itemId": "i-1"}], "recommendationId": "r"}, asked
    )

    found = Runtime(client=stub.client, results=7).recommended(CAMPAIGN, "u-1", filter_arn=FILTER)

    assert found == Recommended(items=("i-2", "i-1"), recommendation_id="r")
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "raised"), [("InvalidInputException", Refused), ("ThrottlingException", TransientError)]
)
def test_errors_are_sorted_by_what_is_to_be_done(stub: Stubber, code: str, raised: type[Exception]) -> None:
    stub.add_client_error("get_recommendations", code, "as it says")

    with pytest.raises(raised, match="as it says"):
        Runtime(client=stub.client, results=7).recommended(CAMPAIGN, "u-1", filter_arn=None)
