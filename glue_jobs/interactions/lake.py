"""What of the lake a run reads: files that the ledger vouches for, and which rows of them are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.columns import EVENTS_TABLE
from contract.errors import TransientError
from contract.ledger import DELIVERED, Entry, newest_outputs
from contract.manifest import Source
from glue_jobs.events.layout import data_file_dt
from glue_jobs.literals import literal_table
from glue_jobs.store import Store

EVENTS = "events"
_SCHEMA = ", ".join(f"{c.name} {c.type}" for c in EVENTS_TABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of `sources`, from the raw objects `only`; None: all of them. `rows`: how many that must be."""

    covers: int  # number of the newest entry
    sources: tuple[Source, ...]
    only: tuple[str, ...] | None
    rows: int


def whole(entries: Sequence[Entry], lake: Store) -> Reading:
    """All that the lake holds. Raises TransientError while the events job is at work in it."""
    outputs = newest_outputs(entries, EVENTS)
    sources = tuple(Source(key=o.key, etag=o.etag) for o in sorted(outputs, key=lambda o: o.key))
    require_unchanged(lake, sources)
    return Reading(covers=entries[-1].number, sources=sources, only=None, rows=sum(o.rows for o in outputs))


def added(entries: Sequence[Entry], lake: Store, *, since: int) -> Reading:
    """What entries after number `since` delivered."""
    all_of_it = whole(entries, lake)
    new = [entry for entry in entries if entry.number > since]
    touched = {data_file_dt(output.key) for output in newest_outputs(new, EVENTS)}
    accounts = [account for entry in new for account in entry.inputs if account.count(DELIVERED)]
    return Reading(
        covers=all_of_it.covers,
        sources=tuple(source for source in all_of_it.sources if data_file_dt(source.key) in touched),
        only=tuple(sorted(account.key for account in accounts)),
        rows=sum(account.count(DELIVERED) for account in accounts),
    )


def only_adds(entries: Sequence[Entry], *, since: int) -> bool:
    """Whether the entries after `since` read objects that were not read before."""
    before = {account.key for entry in entries if entry.number <= since for account in entry.inputs}
    return not any(account.key in before for entry in entries if entry.number > since for account in entry.inputs)


def require_unchanged(lake: Store, sources: Sequence[Source]) -> None:
    """Raise TransientError unless these files are still what the ledger says: the events job rewrites in place."""
    there = {found.key: found.etag for found in lake.list(f"{EVENTS}/")}
    changed = [source.key for source in sources if there.get(source.key) != source.etag]
    if changed:
        raise TransientError(
            f"{len(changed)} files of the lake, {changed[0]} the first, are not as the ledger has them: the events "
            "job is at work; run again when it has ended"
        )


def read_events(spark: SparkSession, lake: Store, reading: Reading) -> DataFrame:
    """The rows as a DataFrame; empty where there is nothing to read."""
    files = spark.read.schema(_SCHEMA).option("recursiveFileLookup", "true")
    if not reading.sources:
        return literal_table(spark, [], _SCHEMA)
    rows = files.parquet(*(lake.uri(source.key) for source in reading.sources))
    if reading.only is None:
        return rows
    wanted = literal_table(spark, [{"source_object": key} for key in reading.only], "source_object string")
    return rows.join(F.broadcast(wanted), "source_object", "left_semi")
