"""Small facts of the consumers: items of one DynamoDB table, or of memory in tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from botocore.exceptions import ClientError

from consumers.aws_errors import error_code, translated

Item = dict[str, Any]
"""Attributes by name, `pk` and `sk` left out: text, whole numbers, booleans, bytes, lists and dicts of these."""


class Conflict(Exception):
    """Another writer was faster; what was to be written was not."""


class StateTable(Protocol):
    """Every call raises `TransientError` while the store is busy. No error names `sk`, which may be a user."""

    def get(self, pk: str, sk: str) -> Item | None:
        """The item as last written, by whomever."""
        ...

    def query(self, pk: str, *, newest_first: bool = False, limit: int | None = None) -> Iterator[tuple[str, Item]]:
        """(sk, item) of all items under `pk`, in the order of `sk`."""
        ...

    def put(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        """Write, whatever is there."""
        ...

    def create(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        """Write where nothing is. Raises `Conflict` where something is."""
        ...

    def replace(self, pk: str, sk: str, item: Mapping[str, Any], *, version: int) -> None:
        """Write where the item has this `version`. Raises `Conflict` where it has another, or is not there."""
        ...

    def delete(self, pk: str, sk: str) -> None:
        """Nothing is there afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class DynamoDBState:
    table: Any  # boto3's Table

    def get(self, pk: str, sk: str) -> Item | None:
        with translated(f"read {pk}"):
            found = self.table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
        return _plain(found) if found else None

    def query(self, pk: str, *, newest_first: bool = False, limit: int | None = None) -> Iterator[tuple[str, Item]]:
        asked: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": pk},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
        }
        left = limit
        while left is None or left > 0:
            page_size = {} if left is None else {"Limit": left}
            with translated(f"query {pk}"):
                page = self.table.query(**asked, **page_size)
            yield from ((item["sk"], _plain(item)) for item in page["Items"])
            left = None if left is None else left - len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self._put(pk, sk, item)

    def create(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self._put(pk, sk, item, ConditionExpression="attribute_not_exists(pk)")

    def replace(self, pk: str, sk: str, item: Mapping[str, Any], *, version: int) -> None:
        self._put(
            pk,
            sk,
            item,
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": version},
        )

    def delete(self, pk: str, sk: str) -> None:
        with translated(f"delete {pk}"):
            self.table.delete_item(Key={"pk": pk, "sk": sk})

    def _put(self, pk: str, sk: str, item: Mapping[str, Any], **condition: Any) -> None:
        try:
            with translated(f"write {pk}"):
                self.table.put_item(Item={**item, "pk": pk, "sk": sk}, **condition)
        except ClientError as error:
            if error_code(error) == "ConditionalCheckFailedException":
                raise Conflict(pk) from error
            raise


@dataclass(frozen=True, slots=True)
class MemoryState:
    items: dict[tuple[str, str], Item] = field(default_factory=dict)

    def get(self, pk: str, sk: str) -> Item | None:
        found = self.items.get((pk, sk))
        return dict(found) if found is not None else None

    def query(self, pk: str, *, newest_first: bool = False, limit: int | None = None) -> Iterator[tuple[str, Item]]:
        found = sorted(
            ((sk, dict(item)) for (of, sk), item in self.items.items() if of == pk),
            key=lambda pair: pair[0],
            reverse=newest_first,
        )
        yield from found[:limit]

    def put(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self.items[pk, sk] = dict(item)

    def create(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        if (pk, sk) in self.items:
            raise Conflict(pk)
        self.put(pk, sk, item)

    def replace(self, pk: str, sk: str, item: Mapping[str, Any], *, version: int) -> None:
        found = self.items.get((pk, sk))
        if found is None or found.get("version") != version:
            raise Conflict(pk)
        self.put(pk, sk, item)

    def delete(self, pk: str, sk: str) -> None:
        self.items.pop((pk, sk), None)


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _value(value) for name, value in item.items() if name not in {"pk", "sk"}}


def _value(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [_value(each) for each in value]
        case dict():
            return {name: _value(each) for name, each in value.items()}
        case _:
            return value
