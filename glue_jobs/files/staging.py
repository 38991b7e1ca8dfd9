"""Lines to the files of a dataset, in staging: which line in which file, in which order, and each once."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from glue_jobs.files.layout import LAST_DAY

REPEATED, BUCKET = "repeated", "bucket"
_TASK = "task"
_TRIES = 16  # numbers looked at for each task; a task that none hits shares another's
_WRITERS_AT_ONCE = "64"  # files of one task, far more than it has: a task that falls back on sorting loses the order


def files_for(rows: int, rows_a_file: int) -> int:
    """Files that so many rows take: a power of two, so that a file splits into two and no row moves elsewhere."""
    return 1 << max(0, (-(-rows // rows_a_file) - 1).bit_length())


def stage(rows: DataFrame, uri: str, *, header: str, files: int, again: Column | None = None) -> None:
    """Write `rows` (`id`, `at`, `line`) as text below `uri`: repeated=false/bucket=N/, one file each with a header.

    A file holds the rows of its share of the ids, by `at` and line. Of equal lines one is written; the others are
    an "x" each below repeated=true/, so that what was left out can be counted. Rows of which `again` holds are
    written once more, in the same way, to the bucket `LAST_DAY`.
    """
    # The writer would sort by folder alone to have one file open at a time, and lose the order within.
    rows.sparkSession.conf.set("spark.sql.maxConcurrentOutputFileWriters", _WRITERS_AT_ONCE)
    bucket = F.pmod(F.xxhash64("id"), F.lit(files)).cast("int")
    places = (
        F.array(bucket) if again is None else F.when(again, F.array(bucket, F.lit(files))).otherwise(F.array(bucket))
    )
    buckets = files if again is None else files + 1
    placed = rows.select(F.explode(places).alias(BUCKET), "at", "line")
    spread = _one_task_a_bucket(placed.unionByName(_heads(rows, header, buckets)), buckets)
    in_order = Window.partitionBy(_TASK).orderBy(F.col("at").asc_nulls_first(), "line")
    repeated = F.coalesce(F.lag("line").over(in_order) == F.col("line"), F.lit(False)).alias(REPEATED)
    line = F.when(F.col(REPEATED), "x").otherwise(F.col("line")).alias("line")
    named = F.when(F.col(BUCKET) == files, LAST_DAY).otherwise(F.col(BUCKET)).alias(BUCKET)
    told_apart = spread.select(named, "line", repeated)
    told_apart.select(line, REPEATED, BUCKET).write.mode("overwrite").partitionBy(REPEATED, BUCKET).text(uri)


def _heads(rows: DataFrame, header: str, files: int) -> DataFrame:
    no_time = F.lit(None).cast("long").alias("at")  # before all times
    return rows.sparkSession.range(files).select(
        F.col("id").cast("int").alias(BUCKET), no_time, F.lit(header).alias("line")
    )


def _one_task_a_bucket(rows: DataFrame, files: int) -> DataFrame:
    """Hashed as they are, some buckets would meet in one task while others had none."""
    places = rows.sparkSession.range(files * _TRIES).select("id", F.pmod(F.hash("id"), F.lit(files)).alias("task"))
    number_of = {row["task"]: row["id"] for row in places.collect()}
    numbers = F.array(*(F.lit(number_of.get(n, n)).cast("long") for n in range(files)))
    return rows.withColumn(_TASK, F.get(numbers, F.col(BUCKET))).repartition(files, _TASK)
