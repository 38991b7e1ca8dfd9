"""One run of the job for items or users: the newest snapshots become a publication, or nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from contract.ledger import DELIVERED, QUARANTINED
from contract.manifest import FULL, INCREMENTAL, Manifest, Source
from contract.snapshots import snapshot_prefix
from glue_jobs.catalog.kind import CatalogKind
from glue_jobs.catalog.lines import judged, read_lines
from glue_jobs.catalog.quarantine import keep
from glue_jobs.catalog.settle import settled
from glue_jobs.files import layout
from glue_jobs.files.catalog_ids import snapshots
from glue_jobs.files.csv_lines import csv_line, header
from glue_jobs.files.draft import null_shares, schema_of
from glue_jobs.files.history import Asked, History, mode_of, read_history
from glue_jobs.files.publish import Draft, Publisher
from glue_jobs.files.staging import files_for, stage
from glue_jobs.gate.model import Context
from glue_jobs.literals import literal_table
from glue_jobs.parking import parked
from glue_jobs.store import Store, StoredObject

ROWS_PER_FILE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    spark: SparkSession
    kind: CatalogKind
    raw: Store
    quarantine: Store
    publisher: Publisher
    asked: Asked
    settings: dict[str, str]

    def run(self) -> Manifest | str:
        """The publication, or in words why there is none. Raises GateRefused, TransientError, ConfigurationError."""
        name = self.kind.name
        found = snapshots(self.raw, name)
        if not found:
            return f"no snapshot of {name} under {self.raw.uri(snapshot_prefix(name))}: nothing to publish"
        history = read_history(self.publisher.store, name).of_what_is_there(self.publisher.store)
        now = frozenset(_sources(found))
        mode = mode_of(
            self.asked,
            history,
            now=self.publisher.clock(),
            news=now != history.sources,
            can_add=now > history.sources,
        )
        if mode is None:
            self.publisher.finish(name, history)
            return f"no new snapshot of {name} since publication {history.next_number - 1}"
        return self._publish(history, found, mode)

    def _publish(self, history: History, found: Sequence[StoredObject], mode: str) -> Manifest | str:
        self.publisher.clear(self.kind.name)
        rows = self._settled(found)
        self._keep_refused(rows)
        new = [o for o in found if mode == FULL or Source(key=o.key, etag=o.etag) not in history.sources]
        draft = self._draft(history, rows, new, mode)
        if mode == INCREMENTAL and not draft.outcomes.get(DELIVERED):
            draft = self._draft(history, rows, found, FULL)  # nothing to add, and yet to be accounted for
        if self.publisher.was_refused(draft) and not self.asked.reprocess:
            return f"these rows were refused before: {layout.refused_key(draft.dataset, draft.digest)}"
        self._stage(rows, draft)
        return self.publisher.publish(draft)

    def _settled(self, found: Sequence[StoredObject]) -> DataFrame:
        rows = settled(judged(read_lines(self.spark, self.raw, found), self.kind), self.kind.id_column)
        return parked(rows, self.publisher.store.uri(f"{layout.staging(self.kind.name)}settled"))

    def _keep_refused(self, rows: DataFrame) -> None:
        refused = rows.where(F.col("outcome") == QUARANTINED)
        keep(refused, refused.count(), self.quarantine, self.kind.name)

    def _draft(self, history: History, rows: DataFrame, found: Sequence[StoredObject], mode: str) -> Draft:
        counts = _from(rows, found).groupBy("outcome").count().collect()
        return Draft(
            dataset=self.kind.name,
            number=history.next_number,
            mode=mode,
            covers=0,
            sources=tuple(_sources(found)),
            outcomes={row["outcome"]: row["count"] for row in sorted(counts)},
            settings=self.settings,
            schema=schema_of(self.kind.dataset),
            context=Context(
                mode=mode,
                now=self.publisher.clock(),
                last=history.last_profile,
                null_shares=null_shares(self.kind.dataset),
            ),
        )

    def _stage(self, rows: DataFrame, draft: Draft) -> None:
        keys = [source.key for source in draft.sources]
        delivered = _only(rows, keys).where(F.col("outcome") == DELIVERED)
        line = csv_line(self.kind.dataset.columns).alias("line")
        at = F.lit(0).cast("long").alias("at")  # no time: by their lines
        stage(
            delivered.select(F.col(self.kind.id_column).alias("id"), at, line),
            self.publisher.store.uri(f"{layout.staging(self.kind.name)}files"),
            header=header(self.kind.dataset),
            files=files_for(draft.outcomes.get(DELIVERED, 0), ROWS_PER_FILE),
        )


def _sources(found: Sequence[StoredObject]) -> list[Source]:
    return [Source(key=o.key, etag=o.etag) for o in found]


def _from(rows: DataFrame, found: Sequence[StoredObject]) -> DataFrame:
    return _only(rows, [o.key for o in found])


def _only(rows: DataFrame, keys: Sequence[str]) -> DataFrame:
    wanted = literal_table(rows.sparkSession, [{"source_object": key} for key in keys], "source_object string")
    return rows.join(F.broadcast(wanted), "source_object", "left_semi")
