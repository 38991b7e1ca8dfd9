"""Metadata in response: columns of the Items dataset, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personalize_local.serving.asked import Asked
from personalize_local.serving.group import Group
from personalize_local.wire.errors import InvalidInputException

_MAX_COLUMNS = 10


def requested_columns(asked: Asked, given: Mapping[str, Sequence[str]] | None) -> list[str]:
    """The schema's names of the columns asked for; raises `InvalidInputException`."""
    if not given:
        return []
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
    return [names[column.upper()] for column in given["ITEMS"]]


def metadata_of(group: Group, item: str, columns: Sequence[str]) -> dict[str, str] | None:
    """None where nothing was asked for; null columns are left out."""
    if not columns:
        return None
    return {column.lower(): _text(value) for column, value in group.item_records.values(item, columns).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
