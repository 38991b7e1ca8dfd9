"""Rows as lines of CSV, exactly as Personalize reads it.

Source: Amazon Personalize developer guide, "Data formats": quotes and backslashes inside of a value are escaped by a
backslash, never doubled; an empty cell is null. Spark's own writer leaves backslashes of unquoted values as they are
and trims spaces, so the lines are made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from contract.projection import Dataset, DatasetColumn

_NEEDS_QUOTES = r'[",\\\r\n]|^\s|\s$'
_EXPONENT = "E"
# Java writes doubles from 10,000,000 on, and below 0.001, with an exponent. These decimals hold them to the last
# of their 17 digits; what is larger or smaller still keeps the exponent, which every reader of floats takes.
_LARGE, _SMALL = "decimal(38,10)", "decimal(38,37)"
_LARGE_BELOW, _SMALL_FROM = 1e27, 1e-20


def header(dataset: Dataset) -> str:
    """The first line of each file."""
    return ",".join(column.name for column in dataset.columns)


def csv_line(columns: Sequence[DatasetColumn]) -> Column:
    """The row as a line; columns are found by the names of the dataset."""
    cells = (F.coalesce(_cell(column), F.lit("")) for column in columns)
    return reduce(lambda line, cell: F.concat(line, F.lit(","), cell), cells)


def _cell(column: DatasetColumn) -> Column:
    value = F.col(column.name)
    if column.type == "string":
        return _text(value)
    return number_text(value) if column.type in {"float", "double"} else value.cast("string")


def _text(value: Column) -> Column:
    escaped = F.regexp_replace(value, r'(["\\])', r"\\$1")
    return F.when(value.rlike(_NEEDS_QUOTES), F.concat(F.lit('"'), escaped, F.lit('"'))).otherwise(value)


def number_text(value: Column) -> Column:
    """A double in digits, without an exponent where that can be: the same double when it is read."""
    text = value.cast("string")
    large = (F.abs(value) >= 1) & (F.abs(value) < _LARGE_BELOW)
    small = (F.abs(value) >= _SMALL_FROM) & (F.abs(value) < 1)
    digits = F.when(large, _digits(text, _LARGE)).when(small, _digits(text, _SMALL)).otherwise(text)
    return F.when(text.contains(_EXPONENT), digits).otherwise(text)


def _digits(text: Column, kind: str) -> Column:
    decimal = text.cast(kind).cast("string")
    return F.regexp_replace(decimal, r"\.?0+$", "")
