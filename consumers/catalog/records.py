"""A row as Personalize takes it from PutItems and PutUsers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.property_names import camel_case
from contract import projection

_OF = {"items": projection.item, "users": projection.user}
_ID = {"items": "ITEM_ID", "users": "USER_ID"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`properties`: one JSON string, the keys as Personalize derives them from the columns; None where all are null."""

    id: str
    properties: str | None


def record_of(dataset: str, row: Mapping[str, Any]) -> Record:
    """The same values as in the files.

    A tombstone of an item keeps the columns that it has itself and is not available, whatever it says: a filter on
    AVAILABLE leaves the item out until the next FULL import forgets it.
    """
    gone = {"available": False} if row.get("deleted") else {}
    columns = _OF[dataset]({**row, **gone})
    values = {camel_case(name): value for name, value in columns.items() if name != _ID[dataset] and value is not None}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else None
    return Record(id=columns[_ID[dataset]], properties=text)
