"""What the core asks of its stores, asked of those in memory and of DynamoDB (moto) alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from consumers.realtime.clickthrough import Clicks
from consumers.realtime.dynamodb import DynamoDBStore, DynamoDBUsers
from consumers.realtime.popularity import Popularity
from consumers.realtime.settlement import Settlement, Store, Users, Watermark
from consumers.s3_objects import S3Objects
from consumers.state_table import Conflict
from contract.errors import ConfigurationError, TransientError
from contract.ranges import Ranges
from contract.stream_account import Place, StreamAccount, decode_account
from tests.factories import FakeClock
from tests.support.realtime_world import SHARD, FakeStore, FakeUsers, harmless

pytestmark = pytest.mark.integration

REGION = "eu-central-1"
TABLES = {"state": {"pk": "HASH", "sk": "RANGE"}, "features": {"id": "HASH"}}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb", REGION, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def dynamodb(client: Any) -> Iterator[Any]:
    """With both tables, empty."""
    for table, keys in TABLES.items():
        client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    yield client
    for table in TABLES:
        client.delete_table(TableName=table)


def real_store(client: Any) -> DynamoDBStore:
    return DynamoDBStore(client=client, state="state", features="features")


def real_users(client: Any, clock: FakeClock | None = None) -> DynamoDBUsers:
    clock = clock or FakeClock()
    return DynamoDBUsers(client=client, table="features", clock=clock, chance=lambda _low, high: high)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, dynamodb: Any) -> Store:
    return FakeStore(harmless) if request.param == "memory" else real_store(dynamodb)


@pytest.fixture(params=["memory", "dynamodb"])
def users(request: pytest.FixtureRequest, dynamodb: Any) -> Users:
    return FakeUsers(harmless) if request.param == "memory" else real_users(dynamodb)


ACCOUNT = StreamAccount(
    consumer="realtime",
    shard=SHARD,
    first=Place(sequence=1),
    last=Place(sequence=9, sub=2),
    at="2026-11-23T09:30:00.000Z",
    outcomes={"delivered": 3},
    producers={"p-1": Ranges.of([1, 2, 3])},
)


def settlement(version: int, sequence: int = 9) -> Settlement:
    return Settlement(
        shard=SHARD,
        watermark=Watermark(place=Place(sequence=sequence, sub=2), version=version),
        account=replace(ACCOUNT, first=Place(sequence=sequence)),
        popularity=Popularity().with_events([("i-1", 1_000.0), ("i-2", 4_600.0)]),
        clickthrough={"2026-11-23T09:00:00.000Z": Clicks(shown=2, clicked=1)},
        account_expires_at=2_000_000_000,
    )


def test_a_new_shard_has_no_watermark_and_nothing_is_popular(store: Store) -> None:
    assert store.watermark(SHARD) is None
    assert store.popularity(SHARD) == Popularity()


def test_what_was_settled_is_read_back(store: Store) -> None:
    large = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
    store.settle(settlement(1, sequence=large))

    assert store.watermark(SHARD) == Watermark(place=Place(sequence=large, sub=2), version=1)
    assert store.popularity(SHARD).landmark == 4_600
    assert store.popularity(SHARD).windows["hour"] == {"i-1": 0.5, "i-2": 1.0}
    assert store.watermark("another") is None


@pytest.mark.parametrize(("before", "version"), [(0, 2), (1, 1), (2, 2), (2, 4)])
def test_who_comes_second_settles_nothing(store: Store, before: int, version: int) -> None:
    for done in range(1, before + 1):
        store.settle(settlement(done))
    expected = store.watermark(SHARD)

    with pytest.raises(Conflict):
        store.settle(settlement(version, sequence=77))

    assert store.watermark(SHARD) == expected


def test_users_are_read_as_they_were_written_in_any_number(users: Users) -> None:
    items = {
        f"u-{number} ä": {"recent": "[]", "session_events": number, "places": {SHARD: "x"}} for number in range(130)
    }

    users.write(items)

    assert users.read(items.keys()) == items
    assert users.read(["nobody", "u-3 ä"]) == {"u-3 ä": items["u-3 ä"]}
    assert users.read([]) == {}


def test_a_settlement_lies_in_the_tables_as_others_read_it(dynamodb: Any) -> None:
    store = real_store(dynamodb)
    store.settle(settlement(1))
    store.settle(settlement(2, sequence=12))

    state = {(item["pk"]["S"], item["sk"]["S"]): item for item in dynamodb.scan(TableName="state")["Items"]}
    assert sorted(state) == [
        (f"account#realtime#{SHARD}", f"{9:056d}:00000"),
        (f"account#realtime#{SHARD}", f"{12:056d}:00000"),
        (f"clickthrough#{SHARD}", "2026-11-23T09:00:00.000Z"),
        ("watermark#realtime", SHARD),
    ]
    clicks = state[f"clickthrough#{SHARD}", "2026-11-23T09:00:00.000Z"]
    assert (clicks["shown"], clicks["clicked"]) == ({"N": "4"}, {"N": "2"})
    account = state[f"account#realtime#{SHARD}", f"{9:056d}:00000"]
    assert decode_account(account["account"]["S"]) == replace(ACCOUNT, first=Place(sequence=9))
    assert account["expires_at"] == {"N": "2000000000"}
    watermark = state["watermark#realtime", SHARD]
    assert (watermark["sequence"], watermark["sub"], watermark["version"]) == ({"S": "12"}, {"N": "2"}, {"N": "2"})


class Refusing:
    """A client whose next calls of an operation are answered by us."""

    def __init__(self, client: Any, operation: str, *answers: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._client, self._operation, self._answers = client, operation, list(answers)

    def __getattr__(self, name: str) -> Any:
        if name != self._operation or not self._answers:
            return getattr(self._client, name)
        answer = self._answers.pop(0)
        return lambda **asked: answer(asked)


def refusal(code: str, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def refuse(_asked: dict[str, Any]) -> dict[str, Any]:
        response: Any = {"Error": {"Code": code, "Message": "no"}, **more}
        raise ClientError(response, "Operation")

    return refuse


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_another_or_a_limit_may_be_tried_again(dynamodb: Any, reason: str) -> None:
    reasons = [{"Code": "None"}, {"Code": reason}]
    refusing = refusal("TransactionCanceledException", CancellationReasons=reasons)

    with pytest.raises(TransientError):
        real_store(Refusing(dynamodb, "transact_write_items", refusing)).settle(settlement(1))


def test_a_transaction_that_can_never_be_done_is_a_bug_and_no_retry(dynamodb: Any) -> None:
    refusing = refusal("TransactionCanceledException", CancellationReasons=[{"Code": "ValidationError"}])

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        real_store(Refusing(dynamodb, "transact_write_items", refusing)).settle(settlement(1))


@pytest.mark.parametrize(
    ("code", "error"),
    [("ProvisionedThroughputExceededException", TransientError), ("AccessDeniedException", ConfigurationError)],
)
def test_errors_are_sorted_by_what_is_to_be_done(dynamodb: Any, code: str, error: type[Exception]) -> None:
    def refuses(operation: str) -> Refusing:
        return Refusing(dynamodb, operation, refusal(code))

    with pytest.raises(error):
        real_store(refuses("get_item")).watermark(SHARD)
    with pytest.raises(error):
        real_store(refuses("transact_write_items")).settle(settlement(1))
    with pytest.raises(error):
        real_users(refuses("batch_get_item")).read(["u-1"])
    with pytest.raises(error):
        real_users(refuses("batch_write_item")).write({"u-1": {"recent": "[]"}})


def test_what_dynamodb_leaves_unprocessed_is_asked_for_again(dynamodb: Any) -> None:
    def leaves_all(asked: dict[str, Any]) -> dict[str, Any]:
        return {"Responses": {}, "UnprocessedKeys": asked["RequestItems"], "UnprocessedItems": asked["RequestItems"]}

    clock, item = FakeClock(), {"recent": "[]"}
    real_users(Refusing(dynamodb, "batch_write_item", leaves_all, leaves_all), clock).write({"u-1": item})
    found = real_users(Refusing(dynamodb, "batch_get_item", leaves_all), clock).read(["u-1"])

    assert found == {"u-1": item}
    assert clock.sleeps == [0.1, 0.2, 0.1]
    with pytest.raises(TransientError, match="unwritten"):
        real_users(Refusing(dynamodb, "batch_write_item", *[leaves_all] * 6)).write({"u-1": item})
    with pytest.raises(TransientError, match="unread"):
        real_users(Refusing(dynamodb, "batch_get_item", *[leaves_all] * 6)).read(["u-1"])


def test_poison_is_an_object_of_the_bucket_and_a_missing_bucket_our_mistake() -> None:
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        s3.create_bucket(Bucket="quarantine")

        S3Objects(s3, "quarantine").put("stream/realtime/a.jsonl.gz", b"body")

        found = s3.get_object(Bucket="quarantine", Key="stream/realtime/a.jsonl.gz")
        assert found["Body"].read() == b"body"
        with pytest.raises(ConfigurationError):
            S3Objects(s3, "nowhere").put("a", b"")
