"""A file as columns of text, with the row each value stands in."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from glue_jobs.gate.body import judge_body
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import Offence, cut
from glue_jobs.gate.schema import Schema
from glue_jobs.gate.text import Body

_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_GZIP = b"\x1f\x8b"
_LINE_END = re.compile(rb"\r\n|\n|\r|\Z")
_BLOCK = 8 << 20


@dataclass(frozen=True, slots=True)
class Rows:
    """From a place in the table to the row of the file, as a spreadsheet counts it."""

    taken_out: npt.NDArray[np.int64]  # rows that are not in the table, in order

    def of(self, place: int) -> int:
        row = place + 2
        return row + int(np.searchsorted(self.taken_out - np.arange(len(self.taken_out)), row, side="right"))


@dataclass(slots=True, kw_only=True)
class Parsed:
    """`table` holds the schema's columns that the file has, as text; empty cells are null."""

    file: str
    table: pa.Table
    rows: Rows
    size: int = 0  # bytes, decompressed
    count: int = 0  # rows, those that could not be read included
    given_up: bool = False  # not all rows are accounted for
    lacking: list[str] = field(default_factory=list)  # columns


def parse(name: str, data: bytes, schema: Schema, findings: Findings) -> Parsed:
    """Reads what can be read and notes what cannot. A row that is out of form does not hide the others."""
    findings.visit("encoding", "compressed", "header_unquoted", "columns", "row_shape", "escapes", "line_ends")
    if data.startswith(_GZIP):
        data = _decompressed(name, data, findings)
    if data.startswith(_WIDE) or not data:
        return _unreadable(name, data, schema, findings)
    end = _LINE_END.search(data)
    header = data[: end.start() if end else len(data)]
    names = _header(name, header, schema, findings)
    body = judge_body(data, end.end() if end else len(data))
    for rule, count in body.counts.items():
        places = (Offence(name, f.row, _at(names, f.column), cut(f.text)) for f in body.faults if f.rule == rule)
        findings.add(rule, count, list(places))
    return _table(name, names, body, schema, findings, len(data))


def _decompressed(name: str, data: bytes, findings: Findings) -> bytes:
    findings.add("compressed", 1, [Offence(name, None, "", "compressed by gzip")])
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        findings.add("row_shape", 1, [Offence(name, None, "", cut(f"cannot be decompressed: {error}"))])
        return b""


def _unreadable(name: str, data: bytes, schema: Schema, findings: Findings) -> Parsed:
    if data:
        findings.add("encoding", 1, [Offence(name, 1, "", "UTF-16")])
    elif "row_shape" not in findings.broken(name):
        findings.add("columns", 1, [Offence(name, None, "", "the file is empty: it has no header")])
    return Parsed(file=name, table=pa.table({}), rows=Rows(np.empty(0, int)), given_up=True, lacking=schema.names)


def _header(name: str, header: bytes, schema: Schema, findings: Findings) -> list[str]:
    if header.startswith(_BOM):
        findings.add("encoding", 1, [Offence(name, 1, "", "a byte order mark")])
        header = header[len(_BOM) :]
    text = header.decode("utf-8", "replace")
    if '"' in text:
        findings.add("header_unquoted", 1, [Offence(name, 1, "", cut(text))])
    names = [column.strip('"') for column in text.split(",")]
    faults = list(_column_faults(names, schema))
    findings.add("columns", len(faults), [Offence(name, 1, column, cut(fault)) for column, fault in faults])
    return names


def _column_faults(names: Sequence[str], schema: Schema) -> list[tuple[str, str]]:
    missing = [column for column in schema.names if column not in names]
    words = f"Input CSV is missing the following columns: [{', '.join(missing)}]."
    if len(names) == 1 and (separator := next((s for s in ";\t|" if s in names[0]), None)):
        words += f" Values seem to be separated by {separator!r}, not by a comma."
    return [
        *((column, words) for column in missing),
        *((column, "is not in the schema") for column in dict.fromkeys(names) if column not in schema.names),
        *((column, "comes more than once") for column, times in Counter(names).items() if times > 1),
        *_order_faults(names, schema),
    ]


def _order_faults(names: Sequence[str], schema: Schema) -> list[tuple[str, str]]:
    found = [name for name in dict.fromkeys(names) if name in schema.names]
    wanted = [name for name in schema.names if name in found]
    first = next((pair for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]), None)
    return [(first[0], f"stands where the schema has {first[1]}")] if first else []


def _at(names: Sequence[str], column: int) -> str:
    return names[column] if column < len(names) else ""


def _table(name: str, names: list[str], body: Body, schema: Schema, findings: Findings, size: int) -> Parsed:
    table, ragged = _read(body, len(names))
    before = Rows(np.array(body.taken_out, int))
    bad = [(before.of(number - 1), text) for number, text in ragged]
    findings.add("row_shape", len(bad), [Offence(name, row, "", cut(text)) for row, text in bad])
    rows = Rows(np.array(sorted([*body.taken_out, *(row for row, _ in bad)]), int))
    count = table.num_rows + len(rows.taken_out)
    table, rows = _without_blank(name, table, rows, findings)
    kept = {column: names.index(column) for column in schema.names if column in names}
    return Parsed(
        file=name,
        table=pa.table({column: table.column(at) for column, at in kept.items()}),
        rows=rows,
        size=size,
        count=count,
        given_up=body.given_up,
        lacking=[column for column in schema.names if column not in names],
    )


def _read(body: Body, columns: int) -> tuple[pa.Table, list[tuple[int, str]]]:
    """All columns as bytes, and the rows of another number of values: (number of the row from 1, why)."""
    if not len(body.data):
        return pa.table({str(at): pa.array([], pa.binary()) for at in range(columns)}), []
    table, ragged = _attempt(body, columns, threads=True)
    # Only one thread alone knows a row's number.
    return _attempt(body, columns, threads=False) if ragged else (table, ragged)


def _attempt(body: Body, columns: int, *, threads: bool) -> tuple[pa.Table, list[tuple[int, str]]]:
    ragged: list[tuple[int, str]] = []

    def note(row: csv.InvalidRow) -> str:
        text = f"{row.actual_columns} values for {row.expected_columns} columns: {row.text}"
        ragged.append((row.number or 0, text))
        return "skip"

    try:
        return _csv(body, columns, note, _BLOCK, threads=threads), ragged
    except pa.ArrowInvalid:  # a value is larger than a block
        ragged.clear()
        return _csv(body, columns, note, len(body.data) + 1, threads=False), ragged


def _csv(body: Body, columns: int, note: object, block: int, *, threads: bool) -> pa.Table:
    names = [str(at) for at in range(columns)]
    # Arrow drops a byte order mark at its start; here it would be a value's first character.
    data = _BOM + bytes(body.data) if bytes(body.data[: len(_BOM)]) == _BOM else body.data
    return csv.read_csv(
        pa.BufferReader(data),
        csv.ReadOptions(column_names=names, use_threads=threads, block_size=block),
        csv.ParseOptions(
            escape_char=False if body.doubled or not body.quoted else "\\",
            double_quote=body.doubled,
            newlines_in_values=body.quoted,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        csv.ConvertOptions(column_types=dict.fromkeys(names, pa.binary()), strings_can_be_null=True, null_values=[""]),
    )


def _without_blank(name: str, table: pa.Table, rows: Rows, findings: Findings) -> tuple[pa.Table, Rows]:
    """Rows whose cells are all empty are no rows; a line that is empty reads as one."""
    if not table.num_columns or any(column.null_count == 0 for column in table.columns):
        return table, rows
    empty = table.column(0).is_null()
    for column in table.columns[1:]:
        empty = pc.and_(empty, column.is_null())
    places = pc.indices_nonzero(empty).to_numpy()
    if not len(places):
        return table, rows
    found = [rows.of(int(place)) for place in places]
    findings.add("row_shape", len(found), [Offence(name, row, "", "an empty row") for row in found[:3]])
    return table.filter(pc.invert(empty)), Rows(np.sort(np.append(rows.taken_out, found)))
