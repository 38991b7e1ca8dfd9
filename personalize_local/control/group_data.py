"""The datasets of a group as operations ask for them."""

from __future__ import annotations

from personalize_local.emulator import Emulator
from personalize_local.schemas.model import DatasetSchema, DatasetType
from personalize_local.serving.datasets import dataset_of_group, schema_of
from personalize_local.state.resources import ACTIVE
from personalize_local.wire.errors import InvalidInputException

_TYPES: tuple[DatasetType, ...] = ("Interactions", "Items", "Users")


def schemas_of_group(emulator: Emulator, group: str | None) -> dict[DatasetType, DatasetSchema]:
    """Of the datasets that are ACTIVE."""
    found = {kind: dataset_of_group(emulator, group, kind) for kind in _TYPES}
    return {
        kind: schema_of(emulator, dataset)
        for kind, dataset in found.items()
        if dataset and emulator.resources.status(dataset) == ACTIVE
    }


def require_dataset(emulator: Emulator, group: str | None, kind: DatasetType, what: str) -> DatasetSchema:
    """Raises `InvalidInputException`: `what` cannot be without it."""
    schema = schemas_of_group(emulator, group).get(kind)
    if schema is None:
        raise InvalidInputException(f"{what} needs an ACTIVE {kind} dataset in {group}.")
    return schema
