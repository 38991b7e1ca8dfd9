"""One run of the job: unread raw objects become lake, quarantine and a ledger entry, or nothing happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.columns import EVENTS_TABLE, QUARANTINE_TABLE
from contract.errors import ConfigurationError, TransientError
from contract.ledger import DELIVERED, QUARANTINED, Entry, ObjectAccount, OutputFile, decode_entry, encode_entry
from contract.times import format_instant
from glue_jobs.events import tables
from glue_jobs.events.accounts import Overview, accounts, overview
from glue_jobs.events.inputs import RawObject, read_lines, unread
from glue_jobs.events.layout import JOB, LEDGER, PARTITIONS, STAGING, arrival
from glue_jobs.events.tables import Kept, Table
from glue_jobs.events.transform import (
    classify_canonical,
    classify_others,
    lake_rows,
    quarantine_rows,
    second_outcomes,
    settle,
)
from glue_jobs.parking import parked
from glue_jobs.store import AlreadyExists, Store

EVENTS = Table(name="events", columns=EVENTS_TABLE, identity=["event_id"], order=["occurred_at", "event_id"])
QUARANTINE = Table(
    name="quarantine",
    columns=QUARANTINE_TABLE,
    identity=["source_object", "source_line"],
    order=["source_object", "source_line"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    partition: str = "day"  # or month
    earliest: datetime
    lookback: timedelta | None  # None: every raw object there is

    def __post_init__(self) -> None:
        if self.partition not in PARTITIONS:
            raise ConfigurationError(f"--partition is day or month, not {self.partition!r}")

    @property
    def layout(self) -> dict[str, str]:
        return {"partition": self.partition, "earliest": format_instant(self.earliest)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    raw: Store
    lake: Store
    quarantine: Store


@dataclass(frozen=True, slots=True)
class Work:
    """What one run has in hand."""

    spark: SparkSession
    stores: Stores
    objects: Sequence[RawObject]
    named: Mapping[tuple[str, str], OutputFile]  # data files by table and key, as the entries have them

    def store(self, table: Table) -> Store:
        return self.stores.lake if table is EVENTS else self.stores.quarantine

    def kept(self, table: Table, dts: Sequence[str]) -> Kept:
        keys = [o.stored.key for o in self.objects]
        return tables.kept_rows(self.spark, self.store(table), table, dts, named=self.named, unless_from=keys)


def run(
    spark: SparkSession, stores: Stores, settings: Settings, *, clock: Callable[[], datetime], run_id: str
) -> Entry | None:
    """Process what is unread and return the entry that was written; None when there was nothing to do.

    Safe to kill at any moment and to start again: what counts is the entry, written last. Raises
    ConfigurationError before it reads, TransientError when another run was faster.
    """
    entries = read_entries(stores.lake)
    _require_same_layout(entries, settings)
    objects = unread(stores.raw, entries, now=clock(), lookback=settings.lookback)
    if not objects:
        return None
    _clear_staging(stores)
    named = {(output.table, output.key): output for entry in entries for output in entry.outputs}
    work = Work(spark, stores, objects, named)
    settled, seen, read = _settle(work, settings)
    outputs = _write(work, settled, seen, read)
    entry = Entry(
        job=JOB,
        number=entries[-1].number + 1 if entries else 1,
        run_id=run_id,
        finished_at=format_instant(clock()),
        settings=settings.layout,
        inputs=read,
        outputs=outputs,
    )
    _commit(stores.lake, entry)
    _clear_staging(stores)
    return entry


def _clear_staging(stores: Stores) -> None:
    tables.clear_staging(stores.lake)
    tables.clear_staging(stores.quarantine)


def read_entries(lake: Store) -> list[Entry]:
    """The job's entries in the order in which they were written."""
    return [decode_entry(lake.read(found.key)) for found in lake.list(LEDGER)]


def _require_same_layout(entries: Sequence[Entry], settings: Settings) -> None:
    if entries and entries[-1].settings["partition"] != settings.partition:
        raise ConfigurationError(
            f"the lake is partitioned by {entries[-1].settings['partition']}, the job is told {settings.partition}; "
            "reprocess into an empty prefix to change it"
        )


def _settle(work: Work, settings: Settings) -> tuple[DataFrame, Overview, tuple[ObjectAccount, ...]]:
    lines = read_lines(work.spark, work.stores.raw, work.objects, earliest=settings.earliest)
    classified = _classified(work, lines, settings.partition)
    seen = overview(classified)
    second = second_outcomes(classified, work.kept(EVENTS, sorted(seen.events)).rows)
    second = _parked(work, second, "second")
    numbered = settle(classified, second).join(F.broadcast(seen.first_positions(work.spark)), "object_no")
    settled = numbered.withColumn("source_line", F.col("position") - F.col("first") + 1)
    read = accounts(work.objects, settled, seen)
    _require_balance(read)
    return settled, seen, read


def _classified(work: Work, lines: DataFrame, partition: str) -> DataFrame:
    """Raw is read and parsed once; only lines that are not in canonical form are looked at closely."""
    seen = _parked(work, classify_canonical(lines, partition=partition), "canonical")
    others = classify_others(seen.where("not is_canonical"), partition=partition)
    return seen.where("is_canonical").drop("is_canonical").unionByName(_parked(work, others, "others"))


def _parked(work: Work, rows: DataFrame, name: str) -> DataFrame:
    return parked(rows, work.stores.lake.uri(f"{STAGING}{name}"))


def _write(work: Work, settled: DataFrame, seen: Overview, read: Sequence[ObjectAccount]) -> tuple[OutputFile, ...]:
    """Stage both tables and count what was staged; only then publish."""
    refused = {arrival(account.key).dt for account in read if account.count(QUARANTINED)}
    made = (
        (EVENTS, lake_rows(settled), DELIVERED, sorted(seen.events)),
        (QUARANTINE, quarantine_rows(settled), QUARANTINED, sorted(refused)),
    )
    staged = []
    for table, new, outcome, dts in made:
        if count := sum(account.count(outcome) for account in read):
            kept = work.kept(table, dts)
            rows = new if kept.rows is None else new.unionByName(kept.rows)
            at_most = None if kept.count is None else kept.count + count
            tables.stage(rows, table, work.store(table), at_most=at_most)
            counts = tables.staged_counts(work.spark, table, work.store(table))
            _require_written(read, outcome, counts)
            staged.append((table, counts))
    return tuple(output for table, counts in staged for output in tables.publish(table, work.store(table), counts))


def _require_balance(read: Sequence[ObjectAccount]) -> None:
    for account in read:
        if not account.is_balanced:
            raise AssertionError(f"{account.key}: {account.lines} lines, outcomes {account.outcomes}")


def _require_written(read: Sequence[ObjectAccount], outcome: str, counts: Mapping[tuple[str, str], int]) -> None:
    written = Counter[str]()
    for (_, source), rows in counts.items():
        written[source] += rows
    for account in read:
        if written[account.key] != account.count(outcome):
            raise AssertionError(
                f"{account.key}: {account.count(outcome)} lines {outcome}, {written[account.key]} rows written"
            )


def _commit(lake: Store, entry: Entry) -> None:
    try:
        lake.create(entry.key, encode_entry(entry))
    except AlreadyExists as error:
        raise TransientError(f"another run wrote {entry.key} first; run again") from error
