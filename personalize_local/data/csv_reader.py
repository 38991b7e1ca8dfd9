"""Reads one CSV file of a dataset by Personalize's rules: a block at a time, so that size costs no memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from personalize_local.data.columns import Faults, arrow_schema, converted
from personalize_local.data.csv_blocks import Block, well_formed
from personalize_local.data.csv_cells import Cell, Rows, columns_of, read_rows
from personalize_local.data.problems import Problems
from personalize_local.limits import MAX_TEXT
from personalize_local.schemas.model import DatasetSchema

_BLOCK: Final = 16 << 20
_ARROW_BLOCK: Final = 4 << 20
_LONGEST_HEADER: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"
LATEST_SECOND: Final = 9_999_999_999
_TIMES: Final = ("TIMESTAMP", "CREATION_TIMESTAMP")


@dataclass
class Report:
    """What was found in the files so far. `missing`: columns of the schema that a header lacks."""

    problems: Problems = field(default_factory=Problems)
    missing: list[str] = field(default_factory=list)
    rows: int = 0
    not_seconds: int = 0  # times of more than ten digits: taken, as Personalize takes them, and useless
    cut_texts: int = 0


class CsvReader:
    """Iterates over a file's rows as record batches; what breaks a rule goes to the report.

    A header must have every column of the schema and no other; with `strict_order`, in the schema's order.
    Once something is at fault, rows may be lacking from the batches.
    """

    def __init__(
        self, file: str, schema: DatasetSchema, report: Report, *, strict_order: bool = False, block: int = _BLOCK
    ) -> None:
        self._file, self._schema, self._report = file, schema, report
        self._strict_order, self._block = strict_order, block
        self._names: list[str] = []
        self._row = 2

    def read(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        rest, final = b"", not self._has_header(stream)
        while not final:
            read = stream.read(self._block)
            final = len(read) < self._block
            piece = rest + read if rest else read
            rest = b""
            if piece:
                batch, end = self._read_piece(piece, final=final)
                rest = piece[end:]
                yield batch

    def _has_header(self, stream: BinaryIO) -> bool:
        header = stream.readline(_LONGEST_HEADER).removesuffix(b"\n").removesuffix(b"\r")
        problems = self._header_problems(header)
        for column, rule in problems:
            self._report.problems.add(self._file, 1, column, rule, header.decode("utf-8", "replace"))
        return not problems

    def _header_problems(self, header: bytes) -> list[tuple[str, str]]:
        self._names = header.decode("utf-8", "replace").split(",")
        wanted = [column.name for column in self._schema.fields]
        missing = [name for name in wanted if name not in self._names]
        self._report.missing += [name for name in missing if name not in self._report.missing]
        if not header:
            return [("", "the file has no header")]
        found = [("", "the file starts with a byte order mark")] if header.startswith(_BOM) else []
        found += [("", "names in the header must not be quoted")] if b'"' in header else []
        found += [(name, "the header lacks the column") for name in missing]
        # Personalize asks that header and schema agree; a column that it does not know is the likelier mistake.
        found += [(name, "the schema has no such column") for name in self._names if name not in wanted]
        found += [(name, "the column comes more than once") for name, n in Counter(self._names).items() if n > 1]
        if self._strict_order and not found and self._names != wanted:
            found = [("", f"the columns must stand in the schema's order: {','.join(wanted)}")]
        return found

    def _read_piece(self, piece: bytes, *, final: bool) -> tuple[pa.RecordBatch, int]:
        """The piece's whole rows, and where they end."""
        block = well_formed(piece, final=final)
        texts = None if block is None else self._parse(block)
        if block is None or texts is None:
            return self._read_slowly(piece, final=final)
        batch, faults = self._convert(texts)
        if faults and block.lines != texts.num_rows:
            return self._read_slowly(piece, final=final)  # there are blank lines; only it knows the rows' numbers
        self._note(texts, faults, range(self._row, self._row + texts.num_rows))
        self._count(batch, texts)
        self._row += block.lines
        return batch, block.end

    def _parse(self, block: Block) -> pa.RecordBatch | None:
        """The cells as text; None if Arrow cannot make them out, as where a row has too many."""
        if not block.data.strip(b"\r\n"):
            return pa.RecordBatch.from_pylist([], pa.schema([(name, pa.string()) for name in self._names]))
        # Arrow drops a byte order mark at its start; here it is a value's first character.
        data = _BOM + block.data if block.data.startswith(_BOM) else block.data
        try:
            table = csv.read_csv(
                pa.BufferReader(data),
                csv.ReadOptions(
                    column_names=self._names, block_size=_ARROW_BLOCK, use_threads=len(data) > _ARROW_BLOCK
                ),
                csv.ParseOptions(
                    quote_char='"' if block.quoted else False,
                    escape_char="\\" if block.quoted else False,
                    double_quote=False,
                    newlines_in_values=block.quoted,
                ),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(self._names, pa.string()), strings_can_be_null=True, null_values=[""]
                ),
            )
        except pa.ArrowInvalid:
            return None
        (batch,) = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
        return batch

    def _read_slowly(self, piece: bytes, *, final: bool) -> tuple[pa.RecordBatch, int]:
        rows = read_rows(piece, len(self._names), self._row, final=final)
        for row, rule, text in rows.bad:
            self._report.problems.add(self._file, row, "", rule, text.decode("utf-8", "replace"))
        texts = self._decoded(rows)
        batch, faults = self._convert(texts)
        self._note(texts, faults, rows.numbers)
        self._count(batch, texts)
        self._row += rows.lines
        return batch, rows.end

    def _decoded(self, rows: Rows) -> pa.RecordBatch:
        arrays = []
        for name, cells in zip(self._names, columns_of(rows.cells, len(self._names)), strict=True):
            arrays.append(pa.array([self._text(name, cell, rows, at) for at, cell in enumerate(cells)], pa.string()))
        return pa.RecordBatch.from_arrays(arrays, self._names)

    def _text(self, column: str, cell: Cell, rows: Rows, at: int) -> str | None:
        if cell is None:
            return None
        try:
            return cell.decode()
        except UnicodeDecodeError:
            text = cell.decode("utf-8", "replace")
            self._report.problems.add(self._file, rows.numbers[at], column, "the value is not UTF-8", text)
            return text

    def _convert(self, texts: pa.RecordBatch) -> tuple[pa.RecordBatch, list[tuple[str, Faults]]]:
        arrays, faults = [], []
        for column in self._schema.fields:
            values, found = converted(column, texts.column(column.name))
            arrays.append(values)
            faults += [(column.name, fault) for fault in found]
        return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema(self._schema)), faults

    def _note(self, texts: pa.RecordBatch, faults: list[tuple[str, Faults]], rows: Sequence[int]) -> None:
        problems = self._report.problems
        for name, fault in faults:
            cells, room = texts.column(name), problems.room
            for at in fault.places[:room]:
                problems.add(self._file, rows[at], name, fault.rule, cells[int(at)].as_py() or "")
            problems.more += max(0, len(fault.places) - room)

    def _count(self, batch: pa.RecordBatch, texts: pa.RecordBatch) -> None:
        report = self._report
        report.rows += batch.num_rows
        for column in self._schema.fields:
            if column.textual:
                report.cut_texts += _many(pc.greater(pc.utf8_length(texts.column(column.name)), MAX_TEXT))
            if column.name in _TIMES and column.type == "long":
                report.not_seconds += _many(pc.greater(batch.column(column.name), LATEST_SECOND))


def _many(mask: pa.Array) -> int:
    count: int | None = pc.sum(mask).as_py()
    return count or 0
