"""Which raw objects a run reads, and their lines as a DataFrame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.ledger import Entry
from contract.times import format_instant
from glue_jobs.events.layout import Arrival, arrival
from glue_jobs.literals import literal_table
from glue_jobs.store import Store, StoredObject

_SCHEME = "^[a-z0-9]+:/+"
_FACTS = "path string, object_no int, source_object string, arrived_dt string, latest timestamp, earliest timestamp"


@dataclass(frozen=True, slots=True)
class RawObject:
    stored: StoredObject
    arrival: Arrival


def unread(raw: Store, entries: Iterable[Entry], *, now: datetime, lookback: timedelta | None) -> list[RawObject]:
    """Objects that no entry names, by key; back to `lookback` before `now`, or all there are.

    An object that came again with other bytes is another object.
    """
    read = {(account.key, account.etag) for entry in entries for account in entry.inputs}
    listed = (found for prefix in _prefixes(now, lookback) for found in raw.list(prefix))
    return [RawObject(found, arrival(found.key)) for found in listed if (found.key, found.etag) not in read]


def _prefixes(now: datetime, lookback: timedelta | None) -> list[str]:
    if lookback is None:
        return [""]
    first = (now - lookback).date()
    days = (now.date() - first).days + 1  # Firehose's clock may be ahead of ours around midnight
    return [f"dt={first + timedelta(days=n)}/" for n in range(days + 1)]


def read_lines(spark: SparkSession, raw: Store, objects: Sequence[RawObject], *, earliest: datetime) -> DataFrame:
    """Each line, its bytes as they are, with `object_no` (index of the object), `position` (grows with the line
    within an object), `source_object`, `arrived_dt`, `earliest` and `latest`.
    """
    uris = [raw.uri(o.stored.key) for o in objects]
    facts = [
        {
            "path": _bare_text(uri),
            "object_no": no,
            "source_object": o.stored.key,
            "arrived_dt": o.arrival.dt,
            "latest": format_instant(o.arrival.latest),
            "earliest": format_instant(earliest),
        }
        for no, (uri, o) in enumerate(zip(uris, objects, strict=True))
    ]
    of_objects = literal_table(spark, facts, _FACTS)
    # A lone CR is no end of line, whatever Spark's default says.
    text = spark.read.option("recursiveFileLookup", "true").text(uris, lineSep="\n")
    lines = text.select(
        F.col("value").alias("line"),
        _bare(F.col("_metadata.file_path")).alias("path"),
        F.monotonically_increasing_id().alias("position"),  # a gzip file is one split: its lines stay in order
    )
    parallelism = spark.sparkContext.defaultParallelism
    if len(objects) < parallelism:  # a gzip file is read by one core; the rest of the work need not be
        lines = lines.repartition(parallelism, "position")
    # Were a line's object not found, the line must not vanish: a null object fails the run.
    return lines.join(F.broadcast(of_objects), "path", "left").drop("path")


def _bare(path: Column) -> Column:
    """Without the scheme, which Spark writes in more than one way."""
    return F.regexp_replace(path, _SCHEME, "")


def _bare_text(path: str) -> str:
    return re.sub(_SCHEME, "", path)
