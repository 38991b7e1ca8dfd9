"""One run of the job: what the lake holds, or what was added to it, becomes a publication, or nothing happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from contract.ledger import DELIVERED, Entry
from contract.manifest import FULL, INCREMENTAL, Manifest
from contract.projection import INTERACTIONS
from glue_jobs.events.run import read_entries
from glue_jobs.files import layout
from glue_jobs.files.catalog_ids import known_ids, snapshots
from glue_jobs.files.csv_lines import header
from glue_jobs.files.draft import digest_of, null_shares, schema_of
from glue_jobs.files.history import Asked, History, mode_of, read_history
from glue_jobs.files.publish import Draft, Publisher
from glue_jobs.files.staging import files_for, stage
from glue_jobs.gate.model import Context
from glue_jobs.interactions.lake import Reading, added, only_adds, read_events, require_unchanged, whole
from glue_jobs.interactions.last_day import Day, last_day
from glue_jobs.interactions.transform import interactions, lines, outcome
from glue_jobs.store import Store

DATASET = "interactions"
ROWS_PER_FILE = 2_000_000  # about 140 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    spark: SparkSession
    raw: Store
    lake: Store
    publisher: Publisher
    asked: Asked
    settings: dict[str, str]

    def run(self) -> Manifest | str:
        """The publication, or in words why there is none. Raises GateRefused, TransientError, ConfigurationError."""
        entries = read_entries(self.lake)
        if not entries:
            return "the lake is empty"
        history = read_history(self.publisher.store, DATASET).of_what_is_there(self.publisher.store)
        reading = self._reading(entries, history)
        if reading is None:
            self.publisher.finish(DATASET, history)
            return f"nothing new in the lake since publication {history.next_number - 1}"
        return self._publish(history, reading)

    def _reading(self, entries: Sequence[Entry], history: History) -> Reading | None:
        since = history.covers
        news = entries[-1].number > since
        can_add = only_adds(entries, since=since)
        mode = mode_of(self.asked, history, now=self.publisher.clock(), news=news, can_add=can_add)
        if mode is None:
            return None
        return whole(entries, self.lake) if mode == FULL else added(entries, self.lake, since=since)

    def _publish(self, history: History, reading: Reading) -> Manifest | str:
        mode = FULL if reading.only is None else INCREMENTAL
        outcomes, days = self._counted(reading)
        draft = self._draft(history, reading, mode, outcomes)
        if self.publisher.was_refused(draft) and not self.asked.reprocess:
            return f"these rows were refused before: {layout.refused_key(DATASET, draft.digest)}"
        exported = draft.outcomes.get(DELIVERED, 0)
        least = self.publisher.gate.min_incremental
        if mode == INCREMENTAL and exported < least:
            return f"{exported:,} new interactions wait: an INCREMENTAL import takes {least:,} or more"
        self.publisher.clear(DATASET)
        newest = last_day(days)
        stage(
            lines(interactions(read_events(self.spark, self.lake, reading))),
            self.publisher.store.uri(f"{layout.staging(DATASET)}files"),
            header=header(INTERACTIONS),
            files=files_for(exported, ROWS_PER_FILE),
            again=newest.has() if newest else None,
        )
        require_unchanged(self.lake, reading.sources)
        return self.publisher.publish(draft)

    def _draft(self, history: History, reading: Reading, mode: str, outcomes: Mapping[str, int]) -> Draft:
        items, users = snapshots(self.raw, "items"), snapshots(self.raw, "users")
        catalog = digest_of((found.key, found.etag) for found in (*items, *users))
        return Draft(
            dataset=DATASET,
            number=history.next_number,
            mode=mode,
            covers=reading.covers,
            sources=reading.sources,
            outcomes=outcomes,
            settings=self.settings | {"catalog": catalog},
            schema=schema_of(INTERACTIONS),
            context=Context(
                mode=mode,
                now=self.publisher.clock(),
                known_items=known_ids(self.spark, self.raw, items, "item_id"),
                known_users=known_ids(self.spark, self.raw, users, "user_id"),
                last=history.last_profile,
                null_shares=null_shares(INTERACTIONS),
            ),
        )

    def _counted(self, reading: Reading) -> tuple[dict[str, int], list[Day]]:
        """What becomes of the rows, and those that are exported by day.

        Raises AssertionError where what was read is not what the ledger delivered.
        """
        events = read_events(self.spark, self.lake, reading)
        day, at = F.to_date("occurred_at").alias("day"), F.max(F.unix_seconds("occurred_at")).alias("newest")
        rows = events.groupBy(outcome().alias("outcome"), day).agg(F.count("*").alias("rows"), at).collect()
        counts = Counter[str]()
        for row in rows:
            counts[row["outcome"]] += row["rows"]
        if counts.total() != reading.rows:
            raise AssertionError(f"the ledger has {reading.rows} events in the lake, {dict(counts)} were read")
        exported = [Day(row["day"], row["rows"], row["newest"]) for row in rows if row["outcome"] == DELIVERED]
        return dict(sorted(counts.items())), exported
