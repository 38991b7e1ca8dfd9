"""The datasets of a group with their schemas, as serving and jobs need them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.schemas.avro import parse_schema
from personalize_local.schemas.model import DatasetSchema, DatasetType
from personalize_local.state.resources import Resource

parsed_schema = lru_cache(maxsize=512)(parse_schema)


def dataset_of_group(emulator: Emulator, group: str | None, dataset_type: DatasetType) -> Resource | None:
    arn = f"{group}/{dataset_type.upper()}".replace(":dataset-group/", ":dataset/")
    return emulator.resources.find(arn)


def schema_of(emulator: Emulator, dataset: Resource) -> DatasetSchema:
    """The schema that the dataset has now."""
    body = emulator.resources.get(dataset.body["schemaArn"], "schema").body
    return parsed_schema(body["schema"], body.get("domain"))


def described(emulator: Emulator, group: str) -> dict[str, dict[str, Any]]:
    """By type: arn, schema, domain, segments. What a group's data is to jobs, and to `Group.load`."""
    found = {}
    for dataset_type in ("Interactions", "Items", "Users"):
        dataset = dataset_of_group(emulator, group, dataset_type)
        if dataset is not None:
            schema = emulator.resources.get(dataset.body["schemaArn"], "schema").body
            found[dataset_type] = {
                "arn": dataset.arn,
                "schema": schema["schema"],
                "domain": schema.get("domain"),
                "segments": dataset.private.get("segments", []),
            }
    return found
