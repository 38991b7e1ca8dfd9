"""The records that filters choose from, in memory: a row for each item, or each user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

import numpy as np

from personalize_local.filters.columns import Column, Mask, Numbers, Texts, Tokens
from personalize_local.schemas.model import DatasetSchema, Field

_IDS: Final = {"ITEM_ID", "USER_ID"}
_VERSIONS: Final = count(1)


class RecordIndex:
    """Rows only ever grow; without a schema they have ids and nothing else.

    `version` changes with every put and is never that of another index, so it alone can key a cache.
    """

    def __init__(self, schema: DatasetSchema | None) -> None:
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        fields = schema.fields if schema else ()
        self._columns: dict[str, Column] = {f.name: _column(f) for f in fields if _is_kept(f)}
        self.version = next(_VERSIONS)

    @classmethod
    def build(
        cls, ids: Sequence[str], columns: Mapping[str, Sequence[Any]], schema: DatasetSchema | None
    ) -> RecordIndex:
        """Row i has `ids[i]` and value i of each column, None for null; a column that is not given is null."""
        index = cls(schema)
        index._ids = list(ids)
        index._rows = {record_id: row for row, record_id in enumerate(index._ids)}
        if len(index._rows) != len(index._ids):
            raise ValueError("an id occurs twice")
        for name, column in index._columns.items():
            if name in columns:
                column.fill(columns[name])
        return index

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Sequence[str]:
        return self._ids

    def row(self, record_id: str) -> int | None:
        return self._rows.get(record_id)

    def put(self, record_id: str, record: Mapping[str, Any]) -> int:
        """Add a record or replace the whole of it, by the schema's column names; what it lacks becomes null."""
        row = self._rows.setdefault(record_id, len(self._ids))
        if row == len(self._ids):
            self._ids.append(record_id)
        for name, column in self._columns.items():
            column.put(row, record.get(name))
        self.version = next(_VERSIONS)
        return row

    def holding(self, name: str, values: tuple[Any, ...]) -> Mask:
        """Which rows hold any of these values in a column, by the schema's name of it."""
        if name in _IDS:
            return self._having(values)
        return self._columns[name].holding(values, len(self))

    def numbers(self, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """A numeric column, NaN for null. Not to be changed."""
        column = self._columns[name]
        if not isinstance(column, Numbers):
            raise TypeError(f"{name} is no numeric column")
        return column.first(len(self))

    def _having(self, ids: tuple[Any, ...]) -> Mask:
        mask = np.zeros(len(self), dtype=np.bool_)
        mask[[self._rows[one] for one in ids if one in self._rows]] = True
        return mask


def _is_kept(field: Field) -> bool:
    return field.name not in _IDS and field.type != "boolean" and not field.textual


def _column(field: Field) -> Column:
    if field.is_number:
        return Numbers()
    # Only a categorical field has several values in one; in other strings `|` is a character.
    return Tokens() if field.categorical else Texts()
