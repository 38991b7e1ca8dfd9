"""Reads a dataset's CSV as strictly as Amazon Personalize's documented rules can be read.

Written from these rules alone, character by character; it shares no code with what writes or judges the files.
What the rules do not clearly allow is not accepted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.support.strict_schema import KEYWORDS, Field, NotAccepted, read_schema

__all__ = ["NotAccepted", "read_dataset"]

_TIMES = {"TIMESTAMP", "CREATION_TIMESTAMP"}
_IDS = {"USER_ID", "ITEM_ID"}
_LONGEST_ID, _LONGEST_TEXT, _LONGEST_TEXTUAL = 256, 1_000, 20_000
_BLANKS = " \t\v\f"
_BITS = {"int": 31, "long": 63}
_LARGEST_FLOAT = 3.4028235677973366e38  # from here on, 32 bits say infinity
_is_seconds = re.compile(r"[0-9]{1,10}").fullmatch
_is_whole = re.compile(r"-?[0-9]{1,19}").fullmatch
_is_float = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch


class Cell(NamedTuple):
    text: str
    quoted: bool


def read_dataset(files: Mapping[str, bytes], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of all files, in the files' order, by column; None for an empty cell.

    `files`: name -> bytes of everything below the dataset's prefix. Raises `NotAccepted` for the first offence.
    """
    fields = read_schema(schema)
    if not files:
        raise NotAccepted("", 0, "", "files.none")
    for name in files:
        if "/" in name or not name.removesuffix(".csv") or not name.endswith(".csv"):
            raise NotAccepted(name, 0, "", "file.name")
    return [row for name, data in files.items() for row in _rows(name, data, fields)]


def _rows(file: str, data: bytes, fields: tuple[Field, ...]) -> Iterator[dict[str, Any]]:
    records = _Records(file, _text(file, data), fields)
    names = tuple(field.name for field in fields)
    header = next(records)
    if any(cell.quoted for cell in header):
        raise NotAccepted(file, 1, "", "header.unquoted")
    if tuple(cell.text for cell in header) != names:
        raise NotAccepted(file, 1, "", "header.names")
    for number, cells in enumerate(records, 2):
        if len(cells) != len(fields):
            raise NotAccepted(file, number, "", "row.cells")
        yield {field.name: _value(file, number, field, cell) for field, cell in zip(fields, cells, strict=True)}


def _text(file: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAccepted(file, data.count(b"\n", 0, error.start) + 1, "", "file.utf8") from error
    if text.startswith("\ufeff"):
        raise NotAccepted(file, 1, "", "file.bom")
    if not text:
        raise NotAccepted(file, 1, "", "header.names")
    return text


class _Records:
    """Iterates over the cells of each row."""

    def __init__(self, file: str, text: str, fields: tuple[Field, ...]) -> None:
        self._file, self._text, self._fields = file, text, fields
        self._at = 0
        self._row = 0
        self._column = 0

    def __iter__(self) -> Iterator[list[Cell]]:
        return self

    def __next__(self) -> list[Cell]:
        if self._at == len(self._text):
            raise StopIteration
        self._row, self._column = self._row + 1, 0
        cells = [self._cell()]
        while self._ended_by(",\n") == ",":
            self._column += 1
            cells.append(self._cell())
        return cells

    def _refuse(self, rule: str) -> NotAccepted:
        known = self._row > 1 and self._column < len(self._fields)
        return NotAccepted(self._file, self._row, self._fields[self._column].name if known else "", rule)

    def _next(self) -> str:
        if self._at == len(self._text):
            raise self._refuse("file.cut")
        self._at += 1
        return self._text[self._at - 1]

    def _ended_by(self, allowed: str) -> str:
        if (char := self._next()) not in allowed:
            rules = {'"': "quote.doubled", "\r": "line.end"}
            raise self._refuse(rules.get(char, "quote.followed"))
        return char

    def _cell(self) -> Cell:
        if self._text.startswith('"', self._at):
            self._at += 1
            return Cell(self._quoted(), quoted=True)
        return Cell(self._bare(), quoted=False)

    def _quoted(self) -> str:
        chars: list[str] = []
        while (char := self._next()) != '"':
            if char == "\\":
                char = self._next()
                if char not in '"\\':
                    raise self._refuse("escape.unknown")
            chars.append(char)
        return "".join(chars)

    def _bare(self) -> str:
        chars: list[str] = []
        while (char := self._next()) not in ",\n":
            if char in '"\\\r':
                raise self._refuse({'"': "quote.bare", "\\": "escape.bare", "\r": "line.end"}[char])
            chars.append(char)
        self._at -= 1
        text = "".join(chars)
        if text.strip(_BLANKS) != text:
            raise self._refuse("blank.bare")
        return text


def _value(file: str, row: int, field: Field, cell: Cell) -> Any:
    if cell == ("", False) and field.nullable:
        return None
    rule, value = _judged(field, cell)
    if rule:
        raise NotAccepted(file, row, field.name, rule)
    return value


def _judged(field: Field, cell: Cell) -> tuple[str, Any]:
    """The rule that the cell breaks, or "" and its value."""
    if not cell.text:
        return ("value.quoted_empty" if cell.quoted else "value.required"), None
    if field.type == "string":
        return _broken_by_text(field, cell.text), cell.text
    if cell.quoted:
        return "value.quoted_number", None
    if field.type == "boolean":
        return ("" if cell.text in {"true", "false"} else "value.boolean"), cell.text == "true"
    return _whole(field, cell.text) if field.type in _BITS else _float(field, cell.text)


def _broken_by_text(field: Field, text: str) -> str:
    longest = _LONGEST_ID if field.name in _IDS else _LONGEST_TEXTUAL if field.textual else _LONGEST_TEXT
    if len(text) > longest:
        return "value.length"
    return "value.keyword" if text in KEYWORDS else ""


def _whole(field: Field, text: str) -> tuple[str, int]:
    if field.name in _TIMES:
        return ("", int(text)) if _is_seconds(text) else ("value.seconds", 0)
    if not _is_whole(text):
        return "value.whole", 0
    limit = 1 << _BITS[field.type]
    return ("" if -limit <= int(text) < limit else "value.range"), int(text)


def _float(field: Field, text: str) -> tuple[str, float]:
    if not _is_float(text):
        return "value.float", 0
    value = float(text)
    fits = math.isfinite(value) and (field.type == "double" or abs(value) < _LARGEST_FLOAT)
    return ("" if fits else "value.range"), value
