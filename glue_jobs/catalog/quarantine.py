"""Lines of the catalog that break the contract: kept with their reason and bytes."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contract.columns import QUARANTINE_TABLE
from glue_jobs.catalog.layout import quarantine_key
from glue_jobs.store import Store


def keep(refused: DataFrame, count: int, store: Store, name: str) -> None:
    """Put the lines in the place of those kept before. Raises AssertionError where they are not `count`."""
    key = quarantine_key(name)
    if not count:
        store.delete([found.key for found in store.list(key)])
        return
    staging = f"_staging/{name}/refused/"
    columns = [_column(c.name, c.type, refused.columns) for c in QUARANTINE_TABLE]
    in_order = refused.select(*columns).coalesce(1).sortWithinPartitions("source_object", "source_line")
    in_order.write.mode("overwrite").option("compression", "zstd").parquet(store.uri(staging))
    written = [found.key for found in store.list(staging) if found.key.endswith(".parquet")]
    rows = refused.sparkSession.read.parquet(*(store.uri(at) for at in written)).count()
    if len(written) != 1 or rows != count:
        raise AssertionError(f"{count} lines of {name} were refused, {rows} are in {written}")
    store.copy(written[0], key)
    store.delete([found.key for found in store.list(staging)])


def _column(name: str, kind: str, there: list[str]) -> Column:
    value = F.col(name) if name in there else F.lit(None).cast(kind)  # a catalog has no producers and no events
    return value.alias(name)
