"""One file judged column by column; what is asked of all files together is gathered."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.gate import limits
from glue_jobs.gate.cells import (
    IDS,
    Cells,
    judge_boolean,
    judge_categories,
    judge_event_type,
    judge_identity,
    judge_impressions,
    judge_lengths,
    judge_required,
    text_cells,
)
from glue_jobs.gate.counts import Codes
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.gathering import Gathering
from glue_jobs.gate.model import SHOWN_OFFENCES
from glue_jobs.gate.numbers import NUMBERS, judge_numbers, judge_times
from glue_jobs.gate.parsed import Parsed

_KEYS = {"Items": "ITEM_ID", "Users": "USER_ID"}


def judge(parsed: Parsed, to: Gathering) -> None:
    """Judges the file's cells and adds what they hold."""
    to.rows += parsed.count
    to.complete &= not parsed.given_up
    to.lacking |= set(parsed.lacking)
    codes: dict[str, Codes | None] = {}
    texts: dict[str, pa.ChunkedArray] = {}
    for column in to.schema.columns:
        if column.name in parsed.table.column_names:
            cells = text_cells(parsed.file, parsed.rows, column, parsed.table[column.name], to.findings)
            texts[column.name] = cells.values.slice(0, limits.SAMPLE_ROWS)
            codes[column.name] = _judge_column(cells, to)
    if to.schema.dataset == "Interactions":
        _add_rows(codes, to)
    if to.sample is None and texts:
        to.sample = pa.table(texts)


def _add_rows(codes: dict[str, Codes | None], to: Gathering) -> None:
    users, items, times = codes.get("USER_ID"), codes.get("ITEM_ID"), codes.get("TIMESTAMP")
    if users is None or items is None or times is None:
        return
    types = codes.get("EVENT_TYPE")
    to.repeats.add(users, items, np.full(len(users), -1) if types is None else types, times)


def _judge_column(cells: Cells, to: Gathering) -> Codes | None:
    """Numbers of the column's values where rows are compared by them."""
    column = cells.column
    to.nulls[column.name] += cells.values.null_count
    judge_required(cells, to.findings)
    if column.type in NUMBERS:
        return _judge_numbers(cells, to)
    if column.type == "boolean":
        judge_boolean(cells, to.findings)
    else:
        judge_lengths(cells, to.findings, to.settings)
    if column.categorical or column.name in {*IDS, "EVENT_TYPE"}:
        return _judge_counted(cells, to)
    if column.name == "IMPRESSION":
        judge_impressions(cells, to.findings, to.settings)
    to.spans[column.name].add(cells.values)
    return None


def _judge_numbers(cells: Cells, to: Gathering) -> Codes | None:
    numbers, name = judge_numbers(cells, to.findings), cells.column.name
    if name == "TIMESTAMP":
        latest = to.context.now + timedelta(hours=to.settings.future_hours)
        numbers = judge_times(cells, to.findings, numbers, to.settings.earliest, latest)
    elif name == "CREATION_TIMESTAMP":
        numbers = judge_times(cells, to.findings, numbers, None, None)
    to.spans[name].add(numbers)
    return numbers.fill_null(-1).to_numpy() if name == "TIMESTAMP" else None


def _judge_counted(cells: Cells, to: Gathering) -> Codes:
    name, encoded = cells.column.name, cells.values.dictionary_encode().combine_chunks()
    if name == "EVENT_TYPE":
        judge_event_type(cells, to.findings, encoded)
    elif name in IDS:
        judge_identity(cells, to.findings, encoded)
        _note_unknown(cells, encoded, to)
    else:
        judge_categories(cells, to.findings, encoded)
    codes, before = to.count(name, encoded, limited=cells.column.categorical)
    if _KEYS.get(to.schema.dataset) == name:
        to.findings.visit("unique_id")
        if to.counts[name].total > len(to.counts[name]):
            cells.note(to.findings, "unique_id", pa.chunked_array([_again(codes, before)]))
    found: Codes = codes
    return found


def _again(codes: Codes, before: int) -> pa.Array:
    """Which values an earlier file or an earlier row has: those with a number from before, or not its first."""
    first = np.zeros(len(codes), bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return pa.array((codes >= 0) & ((codes < before) | ~first))


def _note_unknown(cells: Cells, encoded: pa.DictionaryArray, to: Gathering) -> None:
    known, noted = to.known(cells.column.name), to.unknown[cells.column.name]
    if known is None or len(noted) == SHOWN_OFFENCES:
        return
    strange = pc.invert(pc.is_in(encoded.dictionary.cast(pa.large_string()), known.cast(pa.large_string())))
    found = Findings()
    cells.note(found, "unknown", pc.is_in(encoded.indices, pc.indices_nonzero(strange).cast(pa.int32())))
    noted += found.first("unknown")[: SHOWN_OFFENCES - len(noted)]
