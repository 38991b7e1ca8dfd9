"""Metadata in response: columns of the Items dataset, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personalize_local.serving.asked import Asked
from personalize_local.serving.group import Group
from personalize_local.wire.errors import InvalidInputException

_MAX_COLUMNS = 10


def requested_columns(asked: Asked, given: Mapping[str, Sequence[str]] | None) -> dict[str, str]:
    """The columns asked for: as the request spells them, and as the schema does. Raises `InvalidInputException`."""
    if not given:
        return {}
    if not asked.enables_metadata:
        raise InvalidInputException(f"Metadata in recommendations is not enabled for {asked.arn}.")
    schema = asked.group.schemas.get("Items")
    if list(given) != ["ITEMS"] or schema is None:
        raise InvalidInputException("metadataColumns takes the key ITEMS, of a group that has an Items dataset.")
    if len(given["ITEMS"]) > _MAX_COLUMNS:
        raise InvalidInputException(f"metadataColumns names {len(given['ITEMS'])} columns; at most {_MAX_COLUMNS}.")
    names = {field.name.upper(): field.name for field in schema.fields if field.name != "ITEM_ID"}
    unknown = [column for column in given["ITEMS"] if column.upper() not in names]
    if unknown:
        raise InvalidInputException(f"The Items dataset has no metadata column {', '.join(unknown)}.")
    return {column: names[column.upper()] for column in given["ITEMS"]}


def metadata_of(group: Group, item: str, columns: Mapping[str, str]) -> dict[str, str] | None:
    """By the names of the request, None where nothing was asked for; null columns are left out."""
    if not columns:
        return None
    values = group.item_records.values(item, list(columns.values()))
    return {asked: _text(values[column]) for asked, column in columns.items() if column in values}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
