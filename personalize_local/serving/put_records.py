"""PutItems and PutUsers: a record is added or replaced as a whole, for the next request on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.operations import operation
from personalize_local.schemas.model import DatasetSchema, DatasetType
from personalize_local.schemas.properties import parse_properties
from personalize_local.serving.datasets import schema_of
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException, ResourceInUseException

Record = Mapping[str, Any]


@operation("PutItems")
async def put_items(emulator: Emulator, *, dataset_arn: str, items: Sequence[Record]) -> None:
    await _put(emulator, dataset_arn, "Items", [(item["itemId"], item.get("properties")) for item in items])


@operation("PutUsers")
async def put_users(emulator: Emulator, *, dataset_arn: str, users: Sequence[Record]) -> None:
    await _put(emulator, dataset_arn, "Users", [(user["userId"], user.get("properties")) for user in users])


async def _put(
    emulator: Emulator, arn: str, dataset_type: DatasetType, given: Sequence[tuple[str, str | None]]
) -> None:
    dataset = _dataset(emulator, arn, dataset_type)
    schema = schema_of(emulator, dataset)
    records = [(name, _record(name, properties, schema)) for name, properties in given]
    now = emulator.clock.now()
    rows = [(dataset.arn, name, json.dumps(record), now) for name, record in records]
    insert = "INSERT INTO records (dataset, id, properties, put_at) VALUES (?, ?, ?, ?)"
    await emulator.database.commit(lambda connection: connection.executemany(insert, rows))
    emulator.live.put_records(dataset.group, dataset_type, records)


def _dataset(emulator: Emulator, arn: str, dataset_type: DatasetType) -> Resource:
    dataset = emulator.resources.get(arn, "dataset")
    if dataset.body["datasetType"].upper() != dataset_type.upper():
        raise InvalidInputException(f"Dataset {arn} is of type {dataset.body['datasetType']}, not {dataset_type}.")
    status = emulator.resources.status(dataset)
    if status != ACTIVE:
        raise ResourceInUseException(f"Dataset {arn} is not in a valid state: its status is {status}.")
    return dataset


def _record(name: str, properties: str | None, schema: DatasetSchema) -> dict[str, Any]:
    try:
        values = dict(parse_properties(properties, schema).values) if properties else {}
    except ValueError as error:
        raise InvalidInputException(str(error)) from error
    lacking = [
        field.name
        for field in schema.fields
        if not field.nullable and field.name not in {"ITEM_ID", "USER_ID"} and values.get(field.name) is None
    ]
    if lacking:
        raise InvalidInputException(f"The properties of {name!r} lack required columns: {', '.join(lacking)}.")
    return values
