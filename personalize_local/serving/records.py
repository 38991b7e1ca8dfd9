"""The records of a dataset by id: what was imported stays in Arrow's arrays, what was put since lies over it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, Final

_NOTHING: Final[Mapping[str, Any]] = {}


class Records:
    """Without a table: of a dataset that is not there."""

    def __init__(self, table: Any = None, key: str = "") -> None:
        # As plain arrays: reading one value of a table's column costs several times as much.
        table = table.sort_by(key) if table is not None else None
        names = table.column_names if table is not None else ()
        self._columns: dict[str, Any] = {name: table.column(name).combine_chunks() for name in names}
        self._ids: Any = self._columns.get(key, ())
        self._put: dict[str, Mapping[str, Any]] = {}
        self._found: tuple[str, int | None] = ("", None)

    @property
    def ids(self) -> list[str]:
        """Of the table, sorted."""
        return [name.as_py() for name in self._ids]

    def columns(self) -> dict[str, Sequence[Any]]:
        """Of the table, in the order of `ids`."""
        return {name: column.to_pylist() for name, column in self._columns.items()}

    def put(self, name: str, record: Mapping[str, Any]) -> None:
        self._put[name] = record

    def get(self, name: str) -> Mapping[str, Any]:
        """By column; nothing where there is no such record."""
        put = self._put.get(name)
        if put is not None:
            return put
        row = self._find(name)
        if row is None:
            return _NOTHING
        return {column: values[row].as_py() for column, values in self._columns.items()}

    def values(self, name: str, columns: Sequence[str]) -> dict[str, Any]:
        """Some columns of one record, as far as it has them."""
        put = self._put.get(name)
        if put is not None:
            return {column: put[column] for column in columns if put.get(column) is not None}
        row = self._find(name)
        if row is None:
            return {}
        found = {column: self._columns[column][row].as_py() for column in columns}
        return {column: value for column, value in found.items() if value is not None}

    def _find(self, name: str) -> int | None:
        """A request asks for its user more than once."""
        if name != self._found[0]:
            self._found = (name, self._search(name))
        return self._found[1]

    def _search(self, name: str) -> int | None:
        count = len(self._ids)
        at = bisect_left(range(count), name, key=lambda row: self._ids[row].as_py())
        return at if at < count and self._ids[at].as_py() == name else None
