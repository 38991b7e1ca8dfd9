"""A cell of a file to a value of the contract's kind. What cannot be turned stays as it is, for the job to refuse."""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from contract.schema import Kind
from contract.times import format_instant

Reader = Callable[[Any], Any]

NO_GENRES = "(no genres listed)"  # MovieLens's word for none

_is_whole = re.compile(r"[+-]?[0-9]{1,18}(?:\.0+)?").fullmatch  # tables with gaps write 1995.0
_is_number = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?").fullmatch
_first_of_years = re.compile(r"([0-9]{4})\s*[-\u2013]\s*(?:[0-9]{4})?").fullmatch
_WORDS = {"true": True, "false": False, "1": True, "0": False}

_BAND_STARTS = (18, 25, 35, 45, 55)
_BANDS = ("0-17", "18-24", "25-34", "35-44", "45-54", "55+")
_OLDEST = 130
_YEAR_2100 = 4_102_444_800  # in seconds; a greater number is of milliseconds


def is_absent(value: Any) -> bool:
    """An empty cell, in the words of CSV, Parquet and pandas."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def year(value: Any) -> Any:
    """A year; of a span such as "2006-2007", the first."""
    span = _first_of_years(value.strip()) if isinstance(value, str) else None
    return int(span[1]) if span else _whole(value)


def age_band(value: Any) -> Any:
    """The band of an age in years."""
    age = _whole(value)
    if isinstance(age, int) and not isinstance(age, bool) and 0 <= age <= _OLDEST:
        return _BANDS[bisect(_BAND_STARTS, age)]
    return value


def _text(value: Any) -> Any:
    """Ids are often numbers in files; a float is no id."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(value: Any) -> Any:
    if isinstance(value, Decimal) or (isinstance(value, str) and _is_number(value.strip())):
        number = float(value)
        return number if math.isfinite(number) else str(value)
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str) and _is_whole(value.strip()):
        return int(value.strip().partition(".")[0])
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _truth(value: Any) -> Any:
    return _WORDS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split("|") if part.strip() not in {"", NO_GENRES}]


def _instant(value: Any) -> Any:
    """Seconds since 1970 become text, times without a zone UTC."""
    if isinstance(value, datetime):
        return format_instant(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return format_instant(datetime.combine(value, time(), UTC))
    seconds = _whole(value)
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds < _YEAR_2100:
        return format_instant(datetime.fromtimestamp(seconds, UTC))
    return value


READERS: dict[Kind, Reader] = {
    Kind.STRING: _text,
    Kind.INSTANT: _instant,
    Kind.DOUBLE: _number,
    Kind.LONG: _whole,
    Kind.BOOLEAN: _truth,
    Kind.STRINGS: _list,
}
