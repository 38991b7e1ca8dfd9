"""Events of the lake to rows of the Interactions dataset: `contract.projection.interaction`, as Spark columns."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contract.ledger import CONSENT_REFUSED, DELIVERED, EXCLUDED
from contract.projection import EXPORTED_TYPES, INTERACTIONS, MAX_FLOAT
from glue_jobs.files.csv_lines import csv_line

TYPE_NOT_EXPORTED = f"{EXCLUDED}:type_not_exported"
VALUE_TOO_LARGE = f"{EXCLUDED}:value_too_large"


def outcome() -> Column:
    """What becomes of an event, before repeats are told apart."""
    refused = F.col("consent.personalization") == F.lit(False)
    exported = F.col("event_type").isin(*EXPORTED_TYPES)
    too_large = F.abs("value") > MAX_FLOAT
    of_exported = F.when(refused, CONSENT_REFUSED).when(too_large, VALUE_TOO_LARGE).otherwise(DELIVERED)
    return F.when(exported, of_exported).otherwise(TYPE_NOT_EXPORTED)


def interactions(events: DataFrame) -> DataFrame:
    """The columns of the dataset, for the events that Personalize gets."""
    no_impression = F.size("impression") <= 0  # -1 where there is none
    made = {
        "USER_ID": F.coalesce("user_id", "anonymous_id"),
        "TIMESTAMP": F.unix_seconds("occurred_at"),
        "IMPRESSION": F.when(no_impression, F.lit(None)).otherwise(F.array_join("impression", "|")),
    }
    columns = [made.get(c.name, F.col(c.source)).alias(c.name) for c in INTERACTIONS.columns]
    return events.where(outcome() == DELIVERED).select(*columns)


def lines(rows: DataFrame) -> DataFrame:
    """`id`, `at`, `line`, as files are written of."""
    line = csv_line(INTERACTIONS.columns).alias("line")
    return rows.select(F.col("USER_ID").alias("id"), F.col("TIMESTAMP").alias("at"), line)
