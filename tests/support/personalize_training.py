"""Few rows as a training sees them, with names instead of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personalize_local.data.segments import put_table
from personalize_local.data.training import training_data
from personalize_local.data.training_model import Dataset, Sources, TrainingData, TrainingSettings
from personalize_local.schemas.model import DatasetSchema
from tests.support.personalize_data import INTERACTIONS, ITEMS, START, USERS

ANY = TrainingSettings(needs_interactions=False)  # so that few rows will do
Rows = Sequence[Mapping[str, Any]]


def dataset(schema: DatasetSchema, *parts: Rows) -> Dataset:
    return Dataset(schema=schema, parts=[put_table(part, schema) for part in parts])


def trained(
    rows: Rows, how: TrainingSettings = ANY, items: Rows | None = None, users: Rows | None = None
) -> TrainingData:
    return training_data(
        Sources(
            interactions=dataset(INTERACTIONS, rows),
            items=None if items is None else dataset(ITEMS, items),
            users=None if users is None else dataset(USERS, users),
        ),
        how,
    )


def named(data: TrainingData) -> list[tuple[str, str, int]]:
    """User, item and seconds since START of each interaction."""
    rows = data.interactions
    return [
        (data.users[user], data.items[item], at - START)
        for user, item, at in zip(rows.user.tolist(), rows.item.tolist(), rows.at.tolist(), strict=True)
    ]
