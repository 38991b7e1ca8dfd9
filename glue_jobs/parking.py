"""DataFrames that are made once: written down, read back."""

from __future__ import annotations

from pyspark.sql import DataFrame


def parked(rows: DataFrame, uri: str) -> DataFrame:
    """The rows, written to `uri` and read back: what follows is planned from there.

    Not `persist`: Spark plans all that lies behind a kept DataFrame again at every action, which took seconds.
    """
    rows.write.mode("overwrite").parquet(uri)
    return rows.sparkSession.read.schema(rows.schema).parquet(uri)
