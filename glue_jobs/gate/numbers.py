"""Columns of numbers: whether each cell is one of its type, and whether a time is plausible."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from glue_jobs.gate import limits
from glue_jobs.gate.cells import Cells
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import cut

_INTEGER = r"^-?([0-9]{1,18}|[0-8][0-9]{18})$"  # what 64 bits hold, nearly
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_LARGEST = {"int": 2**31 - 1, "float": 3.4028235e38}  # of long and double, whatever can be read
NUMBERS = ("int", "long", "float", "double")


def judge_numbers(cells: Cells, findings: Findings) -> pa.ChunkedArray:
    """The column as numbers, null where a cell is empty or none. Notes those that are none."""
    numbers = as_numbers(cells.values, cells.column.type)
    bad = pc.and_(pc.is_valid(cells.values), pc.is_null(numbers))
    if numbers.null_count == cells.values.null_count:
        findings.visit("number_form")
    else:
        cells.note(findings, "number_form", bad)
    return numbers


def as_numbers(values: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Null where a cell is empty or no number of the type."""
    whole = kind in {"int", "long"}
    type_ = pa.int64() if whole else pa.float64()
    try:
        numbers = values.cast(type_)
        strict = not whole or not pc.any(pc.match_substring(values, "x", ignore_case=True)).as_py()  # Arrow reads 0x1F
    except pa.ArrowInvalid:
        strict = False
    if not strict:
        good = pc.match_substring_regex(values, _INTEGER if whole else _DECIMAL)
        numbers = pc.if_else(good, values, pa.scalar(None, pa.string())).cast(type_)
    return _within(numbers, kind)


def _within(numbers: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Without what the type cannot hold, NaN and infinity."""
    none = pa.scalar(None, numbers.type)
    if kind in {"float", "double"}:
        numbers = pc.if_else(pc.is_finite(numbers), numbers, none)
    if (largest := _LARGEST.get(kind)) is not None:
        numbers = pc.if_else(pc.less_equal(pc.abs(numbers), largest), numbers, none)
    return numbers


def judge_times(
    cells: Cells, findings: Findings, times: pa.ChunkedArray, earliest: datetime | None, latest: datetime | None
) -> pa.ChunkedArray:
    """The plausible times, the others null. Without bounds, only the digits are looked at."""
    low = int(earliest.timestamp()) if earliest else 0
    high = int(latest.timestamp()) if latest else 10**limits.EPOCH_SECONDS_DIGITS - 1
    good = pc.and_(pc.greater_equal(times, low), pc.less_equal(times, high))
    cells.note(findings, "timestamp_seconds", pc.invert(good), lambda value: cut(f"{value} {_why(value)}"))
    return pc.if_else(good, times, pa.scalar(None, times.type))


def _why(value: str) -> str:
    digits = len(value.lstrip("-0"))
    units = {13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}
    if digits > limits.EPOCH_SECONDS_DIGITS:
        return f"has {digits} digits: {units.get(digits, 'not seconds')}?"
    return f"is {datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M} UTC" if value[:1] != "-" else "is before 1970"
