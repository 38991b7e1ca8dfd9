"""Lines to outcomes, and outcomes to tables: DataFrame in, DataFrame out."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from contract.checkpoints import PATTERN as CHECKPOINT_PATTERN
from contract.columns import EVENTS_TABLE, QUARANTINE_TABLE
from contract.events import ABSENT, EVENT
from contract.ledger import CHECKPOINT, CONSENT_REFUSED, DEDUPLICATED, DELIVERED, QUARANTINED
from contract.rules import ID_CONFLICT, RULES
from glue_jobs.events.line_text import is_blank
from glue_jobs.events.verdict import INSTANTS, with_verdict, with_verdict_if_canonical

PLACE = ["object_no", "position"]  # which line of which object
_OF_LINE = [*PLACE, "line", "source_object", "arrived_dt", "earliest", "latest"]
_CHECKPOINT = CHECKPOINT_PATTERN.replace(r"\Z", r"\z")


def classify_canonical(lines: DataFrame, *, partition: str) -> DataFrame:
    """Every line; those in canonical form with their first outcome, before they are held against other lines.

    Asks for PLACE, `line`, `source_object`, `arrived_dt`, `earliest`, `latest`. Adds the event's columns, `dt`,
    `rule`, `outcome`, and `is_canonical`: the others are for `classify_others`.
    """
    judged = with_verdict_if_canonical(lines)
    is_canonical = F.col("event").isNotNull().alias("is_canonical")
    return judged.select(*_columns(partition), _outcome_of_event(), is_canonical)


def classify_others(lines: DataFrame, *, partition: str) -> DataFrame:
    """Lines of any form with their first outcome; a blank line has none. The same columns, but `is_canonical`."""
    judged = with_verdict(lines.select(*_OF_LINE))
    return judged.select(*_columns(partition), _outcome_of_line())


def _columns(partition: str) -> list[Column]:
    event = [F.col(f.name) if f.name in INSTANTS else F.col("event")[f.name].alias(f.name) for f in EVENT.fields]
    dt = F.date_trunc(partition, "occurred_at").cast("date").cast("string").alias("dt")
    return [*map(F.col, _OF_LINE), F.col("rule"), *event, dt]


def _outcome_of_line() -> Column:
    line = F.col("line")
    is_checkpoint = line.startswith('{"checkpoint":') & line.rlike(_CHECKPOINT)
    event = _outcome_of_event()
    return F.when(is_blank(line), F.lit(None)).when(is_checkpoint, CHECKPOINT).otherwise(event).alias("outcome")


def _outcome_of_event() -> Column:
    refuses = F.col("event.consent.analytics") == F.lit(False)
    refused = F.when(F.col("rule").isNotNull(), QUARANTINED).when(refuses, CONSENT_REFUSED)
    return refused.otherwise(DELIVERED).alias("outcome")


def second_outcomes(classified: DataFrame, kept_before: DataFrame | None) -> DataFrame:
    """Of lines that repeat an event: PLACE and the outcome that replaces the first one.

    The event that the lake has already stays (`kept_before`: event_id, occurred_at), else the first line in the
    order of objects and lines. The same occurred_at is a redelivery; another one is a conflict.
    """
    told = classified.where(F.col("outcome") == DELIVERED).select("event_id", "occurred_at", *PLACE)
    if kept_before is not None:
        before = kept_before.select(
            "event_id", "occurred_at", F.lit(-1).alias("object_no"), F.lit(-1).alias("position")
        )
        told = told.unionByName(before.select(*told.columns))
    repeated = told.groupBy("event_id").count().where("count > 1").select("event_id")
    by_event = Window.partitionBy("event_id").orderBy(*PLACE)
    ranked = told.join(repeated, "event_id").select(
        *PLACE,
        F.row_number().over(by_event).alias("nth"),
        (F.first("occurred_at").over(by_event) == F.col("occurred_at")).alias("same"),
    )
    second = F.when(F.col("same"), DEDUPLICATED).otherwise(QUARANTINED)
    return ranked.where("nth > 1 and object_no >= 0").select(*PLACE, second.alias("second"))


def settle(classified: DataFrame, second: DataFrame) -> DataFrame:
    """The classified lines with their final outcome and rule."""
    conflict = F.col("second") == QUARANTINED
    return (
        classified.join(second, PLACE, "left")
        .withColumn("rule", F.when(conflict, ID_CONFLICT.id).otherwise(F.col("rule")))
        .withColumn("outcome", F.coalesce("second", "outcome"))
        .drop("second")
    )


def lake_rows(settled: DataFrame) -> DataFrame:
    """The delivered events as rows of the lake's table, with `dt`."""
    rows = settled.where(F.col("outcome") == DELIVERED)
    stood_for = {name: F.coalesce(name, F.lit(value)) for name, value in ABSENT.items()}
    return rows.select(*(stood_for.get(c.name, F.col(c.name)).cast(c.type).alias(c.name) for c in EVENTS_TABLE), "dt")


def quarantine_rows(settled: DataFrame) -> DataFrame:
    """The refused lines as rows of the quarantine's table, with `dt`."""
    reasons = reduce(lambda case, r: case.when(F.col("rule") == r.id, r.reason), RULES, F.when(F.lit(False), ""))
    rows = settled.where(F.col("outcome") == QUARANTINED)
    named = rows.withColumn("reason", reasons.otherwise(ID_CONFLICT.reason)).withColumn("payload", F.col("line"))
    return named.select(*(F.col(c.name).cast(c.type) for c in QUARANTINE_TABLE), F.col("arrived_dt").alias("dt"))


def in_files(rows: DataFrame, buckets: dict[str, int], *, key: list[str], order: list[str]) -> DataFrame:
    """The rows laid out so that each partition and bucket is one file, sorted: the same bytes for the same rows.

    `buckets`: files of a dt, where they are more than one. `key` says which columns decide on the bucket.
    """
    none = F.when(F.lit(False), 1)
    count = reduce(lambda case, dt: case.when(F.col("dt") == dt, buckets[dt]), buckets, none).otherwise(1)
    bucket = F.pmod(F.crc32(F.concat_ws(":", *key)), count).cast("int")
    parallelism = rows.sparkSession.sparkContext.defaultParallelism
    return (
        rows.withColumn("bucket", bucket)
        .repartition(max(parallelism, sum(buckets.values())), "dt", "bucket")
        .sortWithinPartitions("dt", "bucket", *order)
    )


def islands(rows: DataFrame, keys: list[str], number: str) -> DataFrame:
    """Runs of consecutive numbers: `keys`, `low`, `high`. Numbers may repeat."""
    by_key = Window.partitionBy(*keys).orderBy(number)
    numbered = rows.withColumn("island", F.col(number) - F.dense_rank().over(by_key))
    return numbered.groupBy(*keys, "island").agg(F.min(number).alias("low"), F.max(number).alias("high")).drop("island")
