"""Small tables from values of the driver."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def literal_table(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: str) -> DataFrame:
    """A DataFrame of a few thousand rows at most; every column may be null. Instants are RFC 3339 text.

    A literal of the plan: `createDataFrame` would start Python workers to carry the rows, and knows no bounds.
    """
    array = F.from_json(F.lit(json.dumps(rows)), f"array<struct<{_with_colons(schema)}>>")
    return spark.range(1).select(F.inline(array))


def _with_colons(schema: str) -> str:
    """ "a int, b string" as the inside of a struct: "a: int, b: string"."""
    columns = (column.strip().split(" ", 1) for column in schema.split(", "))
    return ", ".join(f"{name}: {kind}" for name, kind in columns)
