"""The consumer of catalog changes with boto3: DynamoDB, S3 and the Personalize emulator."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from consumers.catalog.core import Catalog
from consumers.catalog.settings import Settings, Surroundings, consumer
from consumers.state_table import DynamoDBState
from tests.factories import FakeClock
from tests.support.catalog_world import body_of, item, message, of_users
from tests.support.personalize_server import KEYS, Server, running, s3_server
from tests.support.personalize_walk import Walk

pytestmark = pytest.mark.integration

GENERATED = Path(__file__).parents[3] / "contract" / "generated"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """S3 and DynamoDB."""
    with s3_server() as url:
        yield url


@pytest.fixture(scope="module")
def walk(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with running(tmp_path_factory.mktemp("personalize"), aws) as server:
        made = Walk(server, "shop")
        for kind in ("Items", "Users"):
            made.dataset(kind, schema(kind)["fields"])
        yield made


@pytest.fixture
def state(aws: str, walk: Walk) -> DynamoDBState:
    """A new table that knows the datasets."""
    dynamodb: Any = boto3.resource("dynamodb", endpoint_url=aws, **KEYS)
    name = f"state-{len(list(dynamodb.tables.all()))}"
    keys = {"pk": "HASH", "sk": "RANGE"}
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    made = DynamoDBState(table)
    arns = {kind.lower(): arn for kind, arn in walk.datasets.items()}
    made.put("personalize", "resources", {"value": json.dumps({"datasets": arns})})
    return made


def catalog(server: Server, state: DynamoDBState) -> Catalog:
    settings = Settings(
        state_table="any", raw_bucket="data", quarantine_bucket="data", stage="test", put_calls_per_second=10
    )
    client = server.client("personalize-events", parameter_validation=False)
    on = Surroundings(personalize_events=client, s3=server.s3(), state=state, out=io.StringIO(), clock=FakeClock())
    return consumer(settings, on)


def test_changed_items_and_users_are_in_personalize_as_the_files_would_have_them(
    walk: Walk, state: DynamoDBState
) -> None:
    function = catalog(walk.server, state)
    boots = item("i-1", 5, price=89.5, category_l1="shoes", genres=["a", "b"], available=True, release_year=2020)
    first = [
        message(1, boots | {"created_at": "2026-01-05T00:00:00Z", "description": 'warm "boots"\n'}),
        message(2, item("i-2", 5, price=7, available=True)),
        message(3, item("i-2", 4, price=6)),
        body_of("m-4", "no json"),
        *of_users([(5, {"user_id": "u-1", "membership": "gold", "age_band": "25-34"})]),
    ]

    answers = [function.consume(first, until=30) for _ in range(2)]
    answers.append(function.consume([message(6, item("i-2", 6, deleted=True)), message(7, item("i-1", 1))], until=30))

    assert answers == [{"batchItemFailures": []}] * 3
    assert rows(walk, "Items") == [
        {
            "ID": "i-1",
            "CATEGORY_L1": "shoes",
            "GENRES": "a|b",
            "RELEASE_YEAR": 2020,
            "PRICE": 89.5,
            "PRODUCT_DESCRIPTION": 'warm "boots"\n',
            "CREATION_TIMESTAMP": 1_767_571_200,
            "AVAILABLE": "True",
        },
        {"ID": "i-2", "AVAILABLE": "False"},
    ]
    assert rows(walk, "Users") == [{"ID": "u-1", "AGE_BAND": "25-34", "MEMBERSHIP": "gold"}]
    assert kept(walk.server, "catalog/items/") == [
        ("i-1", "2026-11-23T08:05:00.000Z"),
        ("i-2", "2026-11-23T08:05:00.000Z"),
        ("i-2", "2026-11-23T08:06:00.000Z"),
    ]
    assert len(walk.server.s3().list_objects_v2(Bucket="data", Prefix="catalog-changes/")["Contents"]) == 1


def test_what_personalize_refuses_is_kept_with_its_words_and_the_rest_is_put(walk: Walk, state: DynamoDBState) -> None:
    function = catalog(walk.server, state)
    long_text = '"' * 19_000  # twice as long in JSON, more than properties may be

    answer = function.consume([message(1, item("big", description=long_text)), message(2, item("small"))], until=30)

    assert answer == {"batchItemFailures": []}
    refused = [line for line in quarantined(walk.server) if line["reason"] == "refused_by_personalize"]
    assert [(line["message"], "32000" in line["rule"].replace(",", "")) for line in refused] == [("m-1", True)]
    assert {row["ID"] for row in rows(walk, "Items")} >= {"small"}


def test_a_dataset_that_is_gone_makes_the_changes_come_again(walk: Walk, state: DynamoDBState) -> None:
    gone = walk.datasets["Items"].replace("ITEMS", "USERS").replace("shop", "none")
    state.put("personalize", "resources", {"value": json.dumps({"datasets": {"items": gone}})})

    answer = catalog(walk.server, state).consume([message(1, item("i-9"))], until=2)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


def schema(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GENERATED / f"{kind.lower()}.avsc").read_text())
    return found


def rows(walk: Walk, kind: str) -> list[dict[str, Any]]:
    """What was put last of each id, by the emulator's own store, without nulls."""
    query = "SELECT id, properties FROM records WHERE dataset = ? ORDER BY rowid"
    with contextlib.closing(sqlite3.connect(walk.server.data / "state.sqlite")) as store:
        newest = dict(store.execute(query, [walk.datasets[kind]]).fetchall())
    columns = {name: json.loads(properties) for name, properties in sorted(newest.items())}
    return [{"ID": name} | {k: v for k, v in found.items() if v is not None} for name, found in columns.items()]


def kept(server: Server, prefix: str) -> list[tuple[str, str]]:
    """Id and version of each line of the snapshots."""
    return sorted((line["item_id"], line["updated_at"]) for line in lines(server, prefix))


def quarantined(server: Server) -> list[dict[str, Any]]:
    return lines(server, "catalog-changes/")


def lines(server: Server, prefix: str) -> list[dict[str, Any]]:
    s3 = server.s3()
    found = s3.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", ())
    bodies = (gzip.decompress(s3.get_object(Bucket="data", Key=o["Key"])["Body"].read()) for o in found)
    return [json.loads(line) for body in bodies for line in body.splitlines()]
