"""The contract as plain data, so that two versions of it can be compared."""

from __future__ import annotations

import json
from typing import Any

from contract.catalog import ITEM, USER
from contract.events import EVENT
from contract.projection import EXPORTED_TYPES, INTERACTIONS, ITEMS, USERS, Dataset
from contract.schema import Field


def contract_data() -> dict[str, Any]:
    """Records and projection, in words that `contract.evolution` compares."""
    return {
        "records": {r.name: {f.name: _field(f) for f in r.fields} for r in (EVENT, ITEM, USER)},
        "exported_types": list(EXPORTED_TYPES),
        "datasets": {d.name: _dataset(d) for d in (INTERACTIONS, ITEMS, USERS)},
    }


def released_json() -> str:
    return json.dumps(contract_data(), indent=2) + "\n"


def _field(field: Field) -> dict[str, Any]:
    return {
        "kind": field.kind.value,
        "required": field.required,
        "personal": field.personal,
        "max_length": field.max_length,
        "max_items": field.max_items,
        "pattern": field.pattern,
        "refused": sorted(field.refused),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "fields": {f.name: _field(f) for f in field.fields},
    }


def _dataset(dataset: Dataset) -> dict[str, Any]:
    return {
        c.name: {"type": c.type, "nullable": c.nullable, "categorical": c.categorical, "textual": c.textual}
        for c in dataset.columns
    }
