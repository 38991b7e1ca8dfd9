"""A small world on disk: producers, a stream, raw objects as Firehose writes them, the job, and the audit."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contract.codec import Event
from contract.ledger import Entry
from contract.times import format_instant
from glue_jobs.events.run import Settings, Stores, run
from glue_jobs.store import Store
from operations.audit import gather
from operations.audit.core import Patience, audit
from operations.audit.report import Report
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from tests.support.folder_store import FolderStore

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ARRIVAL = "dt=2026-11-23/hour=09"
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class SteppingClock:
    """Says NOW; sleeping and checkpoints are told by `seconds`."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def view(number: int, **fields: Any) -> Event:
    """A distinct event; numbers are its minutes of the day before."""
    at = datetime(2026, 11, 22, number // 60, number % 60, tzinfo=UTC)
    made: dict[str, Any] = {
        "event_type": "view",
        "event_id": f"e-{number:04d}",
        "user_id": f"u-{number % 7}",
        "item_id": f"i-{number % 5}",
    }
    return Event(**made | {"occurred_at": format_instant(at)} | fields)


def produced(events: Iterable[Event], *, producer_id: str = "web-1", checkpoint_after: int = 10) -> list[bytes]:
    """The lines that a producer puts on the stream, checkpoints included."""
    stream, clock = MemoryStream(), SteppingClock()
    one_after_another = ProducerSettings(senders=1)
    with EventProducer(stream, clock=clock, producer_id=producer_id, settings=one_after_another) as producer:
        for number, event in enumerate(events, start=1):
            if number > 1 and number % checkpoint_after == 1:
                producer.flush()
                clock.seconds += 61
            producer.send(event)
    return [line.data for line in stream.lines]


@dataclass(frozen=True, slots=True)
class World:
    root: Path
    settings: Settings = field(default_factory=lambda: Settings(earliest=EARLIEST, lookback=None))

    @property
    def raw(self) -> FolderStore:
        return FolderStore(self.root / "raw")

    @property
    def lake(self) -> FolderStore:
        return FolderStore(self.root / "lake")

    @property
    def quarantine(self) -> FolderStore:
        return FolderStore(self.root / "quarantine")

    def land(self, name: str, lines: Sequence[bytes], *, arrival: str = ARRIVAL) -> str:
        """Put the lines into one raw object, as Firehose does; returns its key."""
        path = self.root / "raw" / arrival / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"".join(lines), mtime=0))
        return f"{arrival}/{name}.gz"

    def run(self, spark: SparkSession, *, lake: Store | None = None, quarantine: Store | None = None) -> Entry | None:
        """One run of the job; a test may wrap the stores that it writes to."""
        stores = Stores(raw=self.raw, lake=lake or self.lake, quarantine=quarantine or self.quarantine)
        return run(spark, stores, self.settings, clock=lambda: NOW, run_id="run")

    def audit(self, *, drained: bool = True, quick: bool = False) -> Report:
        stores = gather.Stores(raw=self.raw, lake=self.lake, quarantine=self.quarantine)
        patience = Patience(now=NOW, allowed=None if drained else timedelta(hours=72))
        return audit(gather.gather(stores, quick=quick), patience)

    def copied_to(self, root: Path) -> World:
        """The same world elsewhere, to do different things to."""
        shutil.copytree(self.root, root)
        return World(root, self.settings)

    def published(self) -> dict[str, bytes]:
        """Every data file of the lake and the quarantine, by key."""
        return {
            f"{store.root.name}/{found.key}": store.read(found.key)
            for store in (self.lake, self.quarantine)
            for found in store.list("events/")
        }
