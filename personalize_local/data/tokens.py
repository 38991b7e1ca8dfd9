"""What metadata says of a user, an item or a moment, as numbers: one for each category, or range of a number.

Learned at training, asked at serving: the server imports it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import msgspec


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """Categories have their numbers by value; a number falls between `edges`, numbered from `first`."""

    numbers: dict[str, int] = {}
    edges: tuple[float, ...] = ()
    first: int = 0

    def tokens(self, value: Any) -> list[int]:
        """Of `a|b`, the tokens of a and of b; of null and of what training did not know, none."""
        if value is None or value == "":
            return []
        if not self.edges:
            parts = str(value).lower() if isinstance(value, bool) else str(value)
            return [self.numbers[part] for part in parts.split("|") if part in self.numbers]
        try:
            return [self.first + bisect_right(self.edges, float(value))]
        except ValueError:
            return []


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """`columns` by dataset and name, as in `Users.GENDER`; JSON by msgspec."""

    columns: dict[str, Column]
    count: int

    def of(self, dataset: str, record: Mapping[str, Any]) -> list[int]:
        """Tokens of a record by column name; columns that training did not know have none."""
        return [
            token
            for name, value in record.items()
            if (column := self.columns.get(f"{dataset}.{name}")) is not None
            for token in column.tokens(value)
        ]
