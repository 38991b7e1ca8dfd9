"""The shard's state and what serving knows, in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated
from consumers.clock import Clock
from consumers.realtime.attributes import Attributes, plain, typed
from consumers.realtime.clickthrough import Clicks, expires_at
from consumers.realtime.popularity import Popularity, decode_popularity, encode_popularity
from consumers.realtime.sending import FIRST_PAUSE_SECONDS
from consumers.realtime.settlement import CONSUMER, Settlement, Watermark
from consumers.realtime.users import Item
from consumers.state_table import Conflict
from contract.errors import TransientError
from contract.stream_account import Place, encode_account

READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 25
_ATTEMPTS = 6
_USER, _POPULARITY = "user#", "popularity#"
_BUSY = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoDBStore:
    client: Any
    state: str  # tables
    features: str

    def watermark(self, shard: str) -> Watermark | None:
        found = self._get(self.state, {"pk": f"watermark#{CONSUMER}", "sk": shard})
        if found is None:
            return None
        place = Place(sequence=int(found["sequence"]), sub=found["sub"])
        return Watermark(place=place, version=found["version"])

    def popularity(self, shard: str) -> Popularity:
        found = self._get(self.features, {"id": _POPULARITY + shard})
        return decode_popularity(found["landmark"], found["windows"]) if found else Popularity()

    def settle(self, settlement: Settlement) -> None:
        items = [self._watermark(settlement), self._account(settlement), *self._popularity(settlement)]
        items += (self._clicks(settlement.shard, *pair) for pair in settlement.clickthrough.items())
        try:
            with translated(f"settle {settlement.shard}"):
                self.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            raise _of_transaction(error, settlement.shard) from error

    def _get(self, table: str, key: Mapping[str, str]) -> dict[str, Any] | None:
        with translated(f"read {'/'.join(key.values())}"):
            found = self.client.get_item(TableName=table, Key=typed(key), ConsistentRead=True).get("Item")
        return plain(found) if found else None

    def _watermark(self, settlement: Settlement) -> dict[str, Any]:
        place, version = settlement.watermark.place, settlement.watermark.version
        item = {"sequence": str(place.sequence), "sub": place.sub, "version": version}
        key = {"pk": f"watermark#{CONSUMER}", "sk": settlement.shard}
        first = {"ConditionExpression": "attribute_not_exists(pk)"}
        next_one = {
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": typed({":before": version - 1}),
        }
        return _put(self.state, {**key, **item}, **(first if version == 1 else next_one))

    def _account(self, settlement: Settlement) -> dict[str, Any]:
        key = {"pk": f"account#{CONSUMER}#{settlement.shard}", "sk": settlement.account.first.key}
        item = {"account": encode_account(settlement.account), "expires_at": settlement.account_expires_at}
        return _put(self.state, {**key, **item})

    def _popularity(self, settlement: Settlement) -> list[dict[str, Any]]:
        popularity = settlement.popularity
        if popularity is None:
            return []
        item = {
            "id": _POPULARITY + settlement.shard,
            "windows": encode_popularity(popularity),
            "landmark": popularity.landmark,
            "version": settlement.watermark.version,
        }
        return [_put(self.features, item)]

    def _clicks(self, shard: str, bucket: str, clicks: Clicks) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.state,
                "Key": typed({"pk": f"clickthrough#{shard}", "sk": bucket}),
                "UpdateExpression": "ADD shown :shown, clicked :clicked SET expires_at = :expires_at",
                "ExpressionAttributeValues": typed(
                    {":shown": clicks.shown, ":clicked": clicks.clicked, ":expires_at": expires_at(bucket)}
                ),
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoDBUsers:
    """What DynamoDB leaves unprocessed is asked for again, six times at most."""

    client: Any
    table: str
    clock: Clock
    chance: Callable[[float, float], float]  # random.uniform

    def read(self, ids: Collection[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for part in _parts([typed({"id": _USER + user}) for user in ids], READ_AT_ONCE):
            for attributes in self._read(part):
                item = plain(attributes)
                found[item.pop("id").removeprefix(_USER)] = item
        return found

    def write(self, items: Mapping[str, Item]) -> None:
        puts = [{"PutRequest": {"Item": typed({"id": _USER + user, **item})}} for user, item in items.items()]
        for part in _parts(puts, WRITTEN_AT_ONCE):
            self._write(part)

    def _read(self, keys: Sequence[Attributes]) -> Iterator[Attributes]:
        left: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(_ATTEMPTS):
            self._pause(attempt)
            with translated("read users"):
                answer = self.client.batch_get_item(RequestItems=left)
            yield from answer["Responses"].get(self.table, ())
            left = answer.get("UnprocessedKeys")
            if not left:
                return
        raise TransientError("DynamoDB leaves users unread")

    def _write(self, puts: Sequence[Mapping[str, Any]]) -> None:
        left: Any = {self.table: puts}
        for attempt in range(_ATTEMPTS):
            self._pause(attempt)
            with translated("write users"):
                left = self.client.batch_write_item(RequestItems=left).get("UnprocessedItems")
            if not left:
                return
        raise TransientError("DynamoDB leaves users unwritten")

    def _pause(self, attempt: int) -> None:
        if attempt:
            self.clock.sleep(self.chance(0, FIRST_PAUSE_SECONDS * 2**attempt))


def _put(table: str, item: Mapping[str, Any], **condition: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": typed(item), **condition}}


def _parts(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (things[at : at + size] for at in range(0, len(things), size))


def _of_transaction(error: ClientError, shard: str) -> Exception:
    """What a transaction that was not done means to the caller; an error of ours stays as it is."""
    if error_code(error) != "TransactionCanceledException":
        return error
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
    if "ConditionalCheckFailed" in reasons:
        return Conflict(f"another batch of {shard} was settled meanwhile")
    return TransientError(f"settle {shard}: {error}") if reasons & _BUSY else error
