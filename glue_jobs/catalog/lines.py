"""Lines of snapshots, each judged by the contract's own reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from contract.rows import read_row
from contract.rules import Refused
from contract.snapshots import snapshot_time
from contract.times import epoch_ms, parse_instant
from glue_jobs.catalog.kind import KINDS, CatalogKind
from glue_jobs.events.line_text import is_blank
from glue_jobs.literals import literal_table
from glue_jobs.store import Store, StoredObject

_SCHEME = "^[a-z0-9]+:/+"
_TYPES = {"string": ("string", pa.string()), "long": ("bigint", pa.int64()), "float": ("double", pa.float64())}
_FACTS = (
    ("source_object", "string", pa.string()),
    ("source_line", "bigint", pa.int64()),
    ("reason", "string", pa.string()),
    ("rule", "string", pa.string()),
    ("payload", "binary", pa.binary()),
    ("version", "bigint", pa.int64()),
    ("deleted", "boolean", pa.bool_()),
)


def read_lines(spark: SparkSession, raw: Store, found: Sequence[StoredObject]) -> DataFrame:
    """Lines that are not blank, their bytes as they are: `line`, `source_object`, `source_line`, `taken_ms`."""
    facts = [
        {
            "path": re.sub(_SCHEME, "", raw.uri(o.key)),
            "source_object": o.key,
            "taken_ms": epoch_ms(snapshot_time(o.key)),
        }
        for o in found
    ]
    of_objects = literal_table(spark, facts, "path string, source_object string, taken_ms bigint")
    text = spark.read.option("recursiveFileLookup", "true").text([raw.uri(o.key) for o in found], lineSep="\n")
    lines = text.select(
        F.col("value").alias("line"),
        F.regexp_replace(F.col("_metadata.file_path"), _SCHEME, "").alias("path"),
        F.monotonically_increasing_id().alias("position"),  # a gzip file is one split: its lines stay in order
    ).join(F.broadcast(of_objects), "path", "left")
    of_one = Window.partitionBy("source_object")
    number = F.col("position") - F.min("position").over(of_one) + 1
    numbered = lines.select("line", "source_object", number.alias("source_line"), "taken_ms")
    return numbered.where(~is_blank(F.col("line"))).withColumn("line", F.col("line").cast("binary"))


def judged(lines: DataFrame, kind: CatalogKind) -> DataFrame:
    """Each line with what it holds: the columns of the dataset, `version` (ms), `deleted`; or `rule`, `reason` and
    `payload` where it breaks the contract."""
    columns = [(c.name, *_TYPES[c.type]) for c in kind.dataset.columns]
    fields = [*_FACTS, *columns]
    schema = ", ".join(f"{name} {spark_type}" for name, spark_type, _ in fields)
    arrow = pa.schema([(name, arrow_type) for name, _, arrow_type in fields])
    return lines.mapInArrow(partial(_judge, kind.name, arrow), schema)


def _judge(name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    kind = KINDS[name]
    for batch in batches:
        yield pa.RecordBatch.from_pylist([_judged(kind, row) for row in batch.to_pylist()], schema=schema)


def _judged(kind: CatalogKind, line: dict[str, Any]) -> dict[str, Any]:
    if line["source_object"] is None:
        raise AssertionError("a line was read of an object that is not among the inputs")
    place = {"source_object": line["source_object"], "source_line": line["source_line"]}
    row = read_row(kind.record, line["line"])
    if isinstance(row, Refused):
        return place | {"reason": row.rule.reason.value, "rule": row.rule.id, "payload": line["line"]}
    updated = row.get("updated_at")
    return (
        place
        | kind.project(row)
        | {
            "version": epoch_ms(parse_instant(updated)) if updated else line["taken_ms"],
            "deleted": row.get("deleted", False),
        }
    )
