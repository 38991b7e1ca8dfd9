"""The files of a table: what is there, what a run adds, and how the new ones take the old ones' place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.columns import Column
from contract.ledger import OutputFile
from glue_jobs.events.layout import STAGING, buckets, data_file, data_file_dt
from glue_jobs.events.transform import in_files
from glue_jobs.literals import literal_table
from glue_jobs.store import Store

_PARQUET = {
    "compression": "zstd",
    # Ids hardly repeat within a file: a dictionary of them costs and saves nothing.
    "parquet.enable.dictionary#event_id": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`identity` names a row; `order` sorts a file's rows."""

    name: str
    columns: tuple[Column, ...]
    identity: list[str]
    order: list[str]

    @property
    def schema(self) -> str:
        return ", ".join(f"{c.name} {c.type}" for c in self.columns)


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that partitions hold already, with `dt`; `count` where the entries vouch for it."""

    rows: DataFrame | None = None
    count: int | None = 0


def kept_rows(
    spark: SparkSession,
    store: Store,
    table: Table,
    dts: Iterable[str],
    *,
    named: Mapping[tuple[str, str], OutputFile],
    unless_from: Sequence[str],
) -> Kept:
    """What the partitions hold already.

    A file that is not as the entries name it (`named`) is left from a run that died: its rows from the objects
    `unless_from` are derived anew, and of a row that lies in two files one is kept.
    """
    wanted = set(dts)
    found = [o for o in store.list("events/") if data_file_dt(o.key) in wanted] if wanted else []
    if not found:
        return Kept()
    files = spark.read.schema(table.schema).option("recursiveFileLookup", "true")
    dt = F.regexp_extract("_metadata.file_path", "/dt=([0-9-]+)/", 1).alias("dt")
    rows = files.parquet(*(store.uri(o.key) for o in found)).select("*", dt)
    outputs = (named.get((table.name, o.key)) for o in found)
    vouched = [output.rows for output, o in zip(outputs, found, strict=True) if output and output.etag == o.etag]
    if len(vouched) == len(found):
        return Kept(rows, sum(vouched))
    again = literal_table(spark, [{"source_object": key} for key in unless_from], "source_object string")
    return Kept(rows.join(F.broadcast(again), "source_object", "left_anti").dropDuplicates(table.identity), None)


def stage(rows: DataFrame, table: Table, store: Store, *, at_most: int | None) -> None:
    """Write the rows, whole partitions of them, to staging: one file a partition and bucket.

    `at_most`: rows that there can be, where that is known; few enough need not be counted.
    """
    # Columns that cannot be null would be written as such, and the same rows, read back and written, as other bytes.
    rows = rows.unionByName(literal_table(rows.sparkSession, [], f"{table.schema}, dt string"))
    few = at_most is not None and buckets(at_most) == 1
    sizes = {} if few else {row["dt"]: row["count"] for row in rows.groupBy("dt").count().collect()}
    files = {dt: buckets(count) for dt, count in sizes.items() if buckets(count) > 1}
    laid_out = in_files(rows, files, key=table.identity, order=table.order)
    laid_out.write.mode("overwrite").options(**_PARQUET).partitionBy("dt", "bucket").parquet(store.uri(_staged(table)))


def staged_counts(spark: SparkSession, table: Table, store: Store) -> dict[tuple[str, str], int]:
    """(staged file, source object) -> rows, counted from the files themselves."""
    files = [found.key for found in store.list(f"{_staged(table)}/") if found.key.endswith(".parquet")]
    if len({(_dt(key), _bucket(key)) for key in files}) != len(files):
        raise AssertionError(f"more than one staged file of a partition and bucket: {files}")
    rows = spark.read.option("recursiveFileLookup", "true").parquet(*map(store.uri, files))
    # By its whole path: Spark gives files of several partitions the same name.
    file = F.regexp_extract("_metadata.file_path", f"({STAGING}.*)$", 1).alias("file")
    counts = {
        (row["file"], row["source_object"]): row["count"]
        for row in rows.groupBy(file, "source_object").count().collect()
    }
    if {file for file, _ in counts} != set(files):
        raise AssertionError(f"rows of {sorted({file for file, _ in counts})} were counted, staged are {files}")
    return counts


def publish(table: Table, store: Store, counts: Mapping[tuple[str, str], int]) -> tuple[OutputFile, ...]:
    """Copy the staged files to their places. Returns all files of the partitions written.

    Higher buckets go first: when a partition's files double in number, file b's rows are in b and in the new
    b + n, and the new one is there before the old one is replaced. Killed at any point, no row is gone.
    """
    rows = Counter[str]()
    for (staged, _), count in counts.items():
        rows[staged] += count
    sizes = {found.key: found.size for found in store.list(f"{_staged(table)}/")}
    outputs = []
    for staged in sorted(rows, key=_bucket, reverse=True):
        key = data_file(_dt(staged), _bucket(staged))
        etag = store.copy(staged, key)
        outputs.append(OutputFile(table=table.name, key=key, etag=etag, size=sizes[staged], rows=rows[staged]))
    return tuple(sorted(outputs, key=lambda output: output.key))


def clear_staging(store: Store) -> None:
    store.delete([found.key for found in store.list(STAGING)])


def _staged(table: Table) -> str:
    return f"{STAGING}{table.name}"


def _bucket(staged: str) -> int:
    return int(staged.rpartition("bucket=")[2].partition("/")[0])


def _dt(staged: str) -> str:
    return staged.partition("/dt=")[2].partition("/")[0]
