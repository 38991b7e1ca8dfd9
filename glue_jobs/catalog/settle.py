"""What becomes of each line of the catalog."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from contract.ledger import DELIVERED, EXCLUDED, QUARANTINED

SUPERSEDED = f"{EXCLUDED}:superseded"
DELETED = f"{EXCLUDED}:deleted"


def settled(judged: DataFrame, id_column: str) -> DataFrame:
    """The judged lines with `outcome`: of each id the newest version counts, of equally new ones the last read."""
    newest_first = [F.col(name).desc() for name in ("version", "source_object", "source_line")]
    nth = F.row_number().over(Window.partitionBy(id_column).orderBy(*newest_first))
    outcome = F.when(F.col("nth") > 1, SUPERSEDED).when(F.col("deleted"), DELETED).otherwise(DELIVERED)
    good = judged.where("rule is null").withColumn("nth", nth).withColumn("outcome", outcome).drop("nth")
    return good.unionByName(judged.where("rule is not null").withColumn("outcome", F.lit(QUARANTINED)))
