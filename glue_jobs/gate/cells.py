"""A column of a file, and the rules on its cells. All at once: no loop over rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from contract.events import NO_IDENTITY, RESERVED_WORDS
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import SHOWN_OFFENCES, Offence, cut
from glue_jobs.gate.parsed import Rows
from glue_jobs.gate.schema import Column
from glue_jobs.gate.settings import Settings

IDS = ("USER_ID", "ITEM_ID")
_IN_BRACKETS = r"^\s*\[.*\]\s*$|^\s*\{.*\}\s*$"
_EMPTY_PART = r"^\||\|\||\|$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    file: str
    rows: Rows
    column: Column
    values: pa.ChunkedArray  # text; null where empty

    def note(self, findings: Findings, rule: str, bad: pa.ChunkedArray, say: Callable[[str], str] = cut) -> None:
        """Counts the cells that `bad` marks, and names the first."""
        findings.visit(rule)
        count = pc.sum(bad).as_py() or 0
        if count:
            self._note_at(findings, rule, count, pc.indices_nonzero(bad)[:SHOWN_OFFENCES].to_pylist(), say)

    def _note_at(
        self, findings: Findings, rule: str, count: int, places: list[int], say: Callable[[str], str] = cut
    ) -> None:
        offences = [
            Offence(self.file, self.rows.of(at), self.column.name, say(self.values[at].as_py() or "")) for at in places
        ]
        findings.add(rule, count, offences)


def text_cells(file: str, rows: Rows, column: Column, raw: pa.ChunkedArray, findings: Findings) -> Cells:
    """The column's bytes as text. What is no UTF-8 is noted and read with replacement characters."""
    try:
        return Cells(file=file, rows=rows, column=column, values=raw.cast(pa.string()))
    except pa.ArrowInvalid:
        lenient = [None if cell is None else cell.decode("utf-8", "replace") for cell in raw.to_pylist()]
        values = pa.chunked_array([pa.array(lenient, pa.string())])
        cells = Cells(file=file, rows=rows, column=column, values=values)
        bad = [cell is not None and not _is_utf8(cell) for cell in raw.to_pylist()]
        cells.note(findings, "encoding", pa.chunked_array([pa.array(bad)]))
        return cells


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def judge_required(cells: Cells, findings: Findings) -> None:
    findings.visit("required_value")
    if not cells.column.nullable and cells.values.null_count:
        cells.note(findings, "required_value", cells.values.is_null(), lambda _: "empty")


def judge_lengths(cells: Cells, findings: Findings, settings: Settings) -> None:
    """Ids, values and texts each have a limit of their own, in characters."""
    rule, most = "value_length", settings.max_value
    if cells.column.name in IDS:
        rule, most = "id_length", settings.max_id
    elif cells.column.textual:
        rule, most = "text_length", settings.max_text
    findings.visit(rule)
    if (pc.max(pc.binary_length(cells.values)).as_py() or 0) > most:  # bytes: cheap, and never fewer than characters
        too_long = pc.greater(pc.utf8_length(cells.values), most)
        cells.note(findings, rule, too_long, lambda value: cut(f"{len(value):,} characters: {value}"))


def judge_identity(cells: Cells, findings: Findings, encoded: pa.DictionaryArray) -> None:
    _note_values(cells, findings, "no_identity", encoded, pc.is_in(encoded.dictionary, pa.array(sorted(NO_IDENTITY))))


def judge_event_type(cells: Cells, findings: Findings, encoded: pa.DictionaryArray) -> None:
    reserved = pc.is_in(encoded.dictionary, pa.array(sorted(RESERVED_WORDS)))
    _note_values(cells, findings, "reserved_word", encoded, reserved)
    if cells.column.nullable:  # else an empty one is a required value that is missing
        cells.note(findings, "event_type_missing", cells.values.is_null(), lambda _: "empty")


def judge_categories(cells: Cells, findings: Findings, encoded: pa.DictionaryArray) -> None:
    bad = pc.match_substring_regex(encoded.dictionary, f"{_IN_BRACKETS}|{_EMPTY_PART}")
    _note_values(cells, findings, "category_form", encoded, bad)


def judge_impressions(cells: Cells, findings: Findings, settings: Settings) -> None:
    """An impression that is too long as a whole is the rule on lengths' to name."""
    bad = pc.match_substring_regex(cells.values, f"{_IN_BRACKETS}|{_EMPTY_PART}")
    if (pc.max(pc.binary_length(cells.values)).as_py() or 0) > settings.max_id:
        whole = pc.less_equal(pc.utf8_length(cells.values), settings.max_value)
        long_id = pc.match_substring_regex(cells.values, rf"[^|]{{{settings.max_id + 1}}}")
        bad = pc.or_(bad, pc.and_(whole, long_id))
    cells.note(findings, "impression_form", bad)


def judge_boolean(cells: Cells, findings: Findings) -> None:
    given = pc.is_valid(cells.values)
    cells.note(findings, "boolean_form", pc.and_(given, pc.invert(pc.is_in(cells.values, pa.array(["true", "false"])))))


def _note_values(
    cells: Cells, findings: Findings, rule: str, encoded: pa.DictionaryArray, bad_values: pa.BooleanArray
) -> None:
    """As `Cells.note`, of distinct values."""
    findings.visit(rule)
    if pc.any(bad_values).as_py():
        bad = pc.is_in(encoded.indices, pc.indices_nonzero(bad_values).cast(encoded.indices.type))
        cells.note(findings, rule, bad)
