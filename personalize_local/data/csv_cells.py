"""The slow, exact reading of CSV, row by row: used where the fast one finds something amiss."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from personalize_local.data.csv_blocks import LONGEST_ROW

Cell = bytes | None

_CELL: Final = re.compile(rb'(?:"((?:[^"\\]++|\\.)*+)"|([^",\r\n]*+))(,|\r?\n|\Z)', re.DOTALL)
# A quoted value that may go on, or a line end of which half is there.
_OPEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:\\?|"\r)\Z', re.DOTALL)
_ESCAPE: Final = re.compile(rb'\\(["\\])')
_BLANK: Final = re.compile(rb"\r?\n")
MISQUOTED: Final = (
    "a quote opens at a value's start and closes at its end; within, a backslash escapes a quote or a backslash; "
    "a line ends with a line feed"
)


@dataclass(kw_only=True)
class Rows:
    """What the rows of a piece hold. `numbers` are those of the rows in `cells`; `bad` is (row, rule, text)."""

    cells: list[list[Cell]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    bad: list[tuple[int, str, bytes]] = field(default_factory=list)
    end: int = 0  # bytes of the piece that were read
    lines: int = 0


def read_rows(piece: bytes, columns: int, first_row: int, *, final: bool) -> Rows:
    """Reads whole rows; a row out of form is noted, and reading goes on with the next line."""
    rows = Rows()
    while rows.end < len(piece):
        blank = _BLANK.match(piece, rows.end)
        cells, end = ([], blank.end()) if blank else _row(piece, rows.end, final=final)
        if cells is None and end < 0:
            if not final and len(piece) - rows.end <= LONGEST_ROW:
                break
            end = len(piece) if piece.find(b"\n", rows.end) < 0 else piece.find(b"\n", rows.end) + 1
        _keep(rows, cells, first_row + rows.lines, columns, piece[rows.end : end])
        rows.end, rows.lines = end, rows.lines + 1
    return rows


def _keep(rows: Rows, cells: list[Cell] | None, row: int, columns: int, text: bytes) -> None:
    if cells is None:
        rows.bad.append((row, MISQUOTED, text.strip()))
    elif len(cells) == columns:
        rows.cells.append(cells)
        rows.numbers.append(row)
    elif cells:
        rows.bad.append((row, f"the row has {len(cells)} values, the header has {columns}", text.strip()))


def _row(piece: bytes, at: int, *, final: bool) -> tuple[list[Cell] | None, int]:
    """The row's values, or None, and where the next row starts; -1 where the piece ends before the row."""
    cells: list[Cell] = []
    while found := _CELL.match(piece, at):
        cells.append(_text(found[1], found[2]))
        at = found.end()
        if found[3] != b",":
            whole = found[3] or final
            return (cells, at) if whole else (None, -1)
    if _OPEN.match(piece, at):
        return None, -1
    return None, piece.find(b"\n", at) + 1 or -1


def _text(quoted: Cell, bare: Cell) -> Cell:
    """An empty value is null, quoted or not."""
    return (_ESCAPE.sub(rb"\1", quoted) if quoted else bare) or None


def columns_of(cells: Sequence[Sequence[Cell]], count: int) -> list[list[Cell]]:
    return [list(column) for column in zip(*cells, strict=True)] or [[] for _ in range(count)]
