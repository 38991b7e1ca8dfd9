"""The projection as the Avro schemas that Personalize is told."""

from __future__ import annotations

import json
from typing import Any

from contract.projection import Dataset, DatasetColumn


def avro_schema(dataset: Dataset) -> str:
    """The dataset's schema, as CreateSchema takes it."""
    schema = {
        "type": "record",
        "name": dataset.name,
        "namespace": "com.amazonaws.personalize.schema",
        "fields": [_field(column) for column in dataset.columns],
        "version": "1.0",
    }
    return json.dumps(schema, indent=2) + "\n"


def _field(column: DatasetColumn) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": [column.type, "null"] if column.nullable else column.type,
    }
    if column.categorical:
        field["categorical"] = True
    if column.textual:
        field["textual"] = True
    return field
