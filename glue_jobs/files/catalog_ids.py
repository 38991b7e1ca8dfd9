"""Which items and users the catalog knows, for referential integrity."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from contract.snapshots import snapshot_prefix
from glue_jobs.store import Store, StoredObject

MAX_IDS = 20_000_000
"""More than this many do not fit in the driver beside the rest: then nobody is said to be unknown."""


def snapshots(raw: Store, dataset: str) -> list[StoredObject]:
    """Snapshots of a catalog, in the order in which they were taken."""
    return raw.list(snapshot_prefix(dataset))


def known_ids(spark: SparkSession, raw: Store, found: Sequence[StoredObject], field: str) -> pa.Array | None:
    """Every id that a line of the snapshots names in `field`; None without snapshots, or with too many ids."""
    if not found:
        return None
    lines = spark.read.text([raw.uri(o.key) for o in found], lineSep="\n")
    ids = lines.select(F.get_json_object("value", f"$.{field}").alias("id")).where("id is not null").distinct()
    rows = ids.limit(MAX_IDS + 1).collect()
    return pa.array([row["id"] for row in rows], pa.string()) if len(rows) <= MAX_IDS else None
