"""A file of items or users as a snapshot of a catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from contract.catalog import ITEM, USER
from contract.errors import ConfigurationError
from producers.catalog.columns import Column, Columns
from producers.catalog.snapshot import Snapshot, pack
from producers.catalog.values import is_absent
from producers.replay.rows import Row, read_rows

_RECORDS = {"items": ITEM, "users": USER}


def snapshot_of(path: Path, dataset: str, taken_at: datetime) -> Snapshot:
    """One line a row of the file, in its order; `dataset`: items or users.

    Cells are turned into the contract's kinds. A row that cannot be taken apart is a line of its own bytes, a cell that
    cannot be turned stays as it is: the job puts both into the quarantine. Raises `ConfigurationError` for a file
    that cannot be read, and for one without rows, an id, or anything beside it.
    """
    found = read_rows(path)
    lines = _Lines(path, dataset, found.header)
    data, rows = pack(lines.of(found.rows))
    lines.require_sense(rows)
    return Snapshot(dataset=dataset, taken_at=taken_at, data=data, rows=rows, left_out=lines.left_out)


class _Lines:
    """Turns rows into lines, and learns the file's columns on the way: in JSON lines, any row may bring a new one."""

    def __init__(self, path: Path, dataset: str, header: Sequence[str]) -> None:
        self._path = path
        self._dataset = dataset
        self._known = Columns(_RECORDS[dataset])
        self._columns: dict[str, Column | None] = {}
        for place, name in enumerate(header):
            if name in header[:place]:
                raise ConfigurationError(f"{path}: column {name} is there twice")
            self._column(name)

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(name for name, column in self._columns.items() if column is None)

    def of(self, rows: Iterable[Row]) -> Iterator[bytes]:
        for row in rows:
            line = self._line(row)
            if line.strip():
                yield line

    def require_sense(self, rows: int) -> None:
        fields = {column.field for column in self._columns.values() if column}
        needed = _RECORDS[self._dataset].fields[0].name
        columns = ", ".join(self._columns) or "none"
        if not rows:
            raise ConfigurationError(f"{self._path}: it has no rows")
        if needed not in fields:
            raise ConfigurationError(f"{self._path}: a file of {self._dataset} needs {needed}; it has {columns}")
        if fields == {needed}:
            raise ConfigurationError(f"{self._path}: nothing of {self._dataset} beside {needed}; it has {columns}")

    def _line(self, row: Row) -> bytes:
        if row.values is None:
            return row.raw
        columns = ((self._column(name), value) for name, value in row.values.items())
        values = {column.field: column.read(value) for column, value in columns if column and not is_absent(value)}
        try:
            return json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=str).encode()
        except UnicodeEncodeError:  # the file is not UTF-8 here
            return row.raw

    def _column(self, name: str) -> Column | None:
        if name not in self._columns:
            column = self._known.find(name)
            rival = next((n for n, c in self._columns.items() if column and c and c.field == column.field), None)
            if column and rival is not None:
                raise ConfigurationError(f"{self._path}: columns {rival} and {name} both say {column.field}")
            self._columns[name] = column
        return self._columns[name]
