"""Datasets: one of each type a group, and which schema each has."""

from __future__ import annotations

import sqlite3

from personalize_local.control.checks import refuse_in_use, require_active, require_settled
from personalize_local.control.creating import Tags, add, new, refuse_taken_name
from personalize_local.control.describing import MOST_OF_LIST, Answer, described, listed
from personalize_local.control.removing import remove
from personalize_local.control.running import jobs_on
from personalize_local.emulator import Emulator
from personalize_local.jobs.schedule import every
from personalize_local.operations import operation
from personalize_local.schemas.model import DatasetSchema
from personalize_local.serving.datasets import parsed_schema, schema_of
from personalize_local.state.lifecycle import update
from personalize_local.state.resources import Resource
from personalize_local.wire.errors import InvalidInputException, NotSupportedException

KIND = "dataset"
_TYPES = {"INTERACTIONS": "Interactions", "ITEMS": "Items", "USERS": "Users"}
_OF_ACTIONS = {"ACTIONS", "ACTION_INTERACTIONS"}


@operation("CreateDataset")
def create_dataset(
    emulator: Emulator,
    *,
    name: str,
    schema_arn: str,
    dataset_group_arn: str,
    dataset_type: str,
    tags: Tags | None = None,
) -> Answer:
    group = emulator.resources.get(dataset_group_arn, "dataset-group")
    require_active(emulator, group)
    _schema(emulator, schema_arn, _type(dataset_type), group)
    body = {"datasetGroupArn": group.arn, "datasetType": dataset_type.upper(), "schemaArn": schema_arn}
    arn = emulator.arns.of(KIND, group.name, dataset_type.upper())
    dataset = new(emulator, KIND, name, body, arn=arn, group=group.arn, tags=tags)
    if emulator.resources.find(arn) is None:
        refuse_taken_name(emulator, KIND, name)
    add(emulator, dataset)
    emulator.live.forget(group.arn)
    return {"datasetArn": arn}


@operation("DescribeDataset")
def describe_dataset(emulator: Emulator, *, dataset_arn: str) -> Answer:
    return described(emulator, "DescribeDataset", emulator.resources.get(dataset_arn, KIND))


@operation("ListDatasets")
def list_datasets(
    emulator: Emulator,
    *,
    dataset_group_arn: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    found = emulator.resources.of(KIND, group=dataset_group_arn)
    return listed(emulator, "ListDatasets", found, next_token, max_results)


@operation("UpdateDataset")
def update_dataset(emulator: Emulator, *, dataset_arn: str, schema_arn: str) -> Answer:
    dataset = emulator.resources.get(dataset_arn, KIND)
    require_active(emulator, dataset)
    require_settled(emulator, dataset)
    refuse_in_use(dataset, jobs_on(emulator, dataset))
    group = emulator.resources.get(dataset.body["datasetGroupArn"], "dataset-group")
    schema = _schema(emulator, schema_arn, _type(dataset.body["datasetType"]), group)
    _check_successor(schema_of(emulator, dataset), schema)
    dataset.update = update(emulator.clock, KIND, {"schemaArn": schema_arn})
    emulator.resources.changed(dataset)
    return {"datasetArn": dataset_arn}


@operation("DeleteDataset")
async def delete_dataset(emulator: Emulator, *, dataset_arn: str) -> None:
    dataset = emulator.resources.get(dataset_arn, KIND)
    require_settled(emulator, dataset)
    refuse_in_use(dataset, jobs_on(emulator, dataset))
    remove(emulator, dataset)
    await emulator.database.commit(lambda connection: _forget_rows(connection, dataset_arn))


@every(seconds=0)
def notice_updates(emulator: Emulator) -> None:
    """Looking at them applies what is due, of which serving then hears."""
    emulator.resources.of(KIND)


def _forget_rows(connection: sqlite3.Connection, dataset: str) -> None:
    connection.execute("DELETE FROM events WHERE dataset = ?", (dataset,))
    connection.execute("DELETE FROM records WHERE dataset = ?", (dataset,))


def _type(text: str) -> str:
    if text.upper() in _OF_ACTIONS:
        raise NotSupportedException(f"CreateDataset: this emulator does not support datasetType {text}.")
    if text.upper() not in _TYPES:
        raise InvalidInputException(f"Invalid dataset type: {text}. Valid ones are {', '.join(_TYPES)}.")
    return _TYPES[text.upper()]


def _schema(emulator: Emulator, arn: str, dataset_type: str, group: Resource) -> DatasetSchema:
    body = emulator.resources.get(arn, "schema").body
    domain = body.get("domain")
    if domain != group.body.get("domain"):
        raise InvalidInputException(
            f"Schema {arn} is of {_domain(domain)}, its dataset group is of {_domain(group.body.get('domain'))}."
        )
    schema = parsed_schema(body["schema"], domain)
    if schema.dataset != dataset_type:
        raise InvalidInputException(f"Schema {arn} is for {schema.dataset}, the dataset's type is {dataset_type}.")
    return schema


def _domain(name: str | None) -> str:
    return f"the {name} domain" if name else "no domain"


def _check_successor(old: DatasetSchema, schema: DatasetSchema) -> None:
    """The new schema reads what was imported by the old one."""
    missing = [field.name for field in old.fields if field.name not in schema.by_name]
    if missing:
        raise InvalidInputException(f"The new schema must keep the columns of the old one; missing: {missing}.")
    changed = [field.name for field in old.fields if schema.by_name[field.name] != field]
    if changed:
        raise InvalidInputException(f"The new schema must keep the old one's columns as they are; changed: {changed}.")
    strict = [field.name for field in schema.fields if field.name not in old.by_name and not field.nullable]
    if strict:
        raise InvalidInputException(f'New columns must allow null (a union of their type and "null"): {strict}.')
