"""The world with a bucket for Personalize: what the files' jobs read, and whom they tell."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contract.codec import Event
from contract.manifest import Manifest, decode_manifest, ready_prefix
from contract.snapshots import snapshot_key
from glue_jobs.catalog.kind import KINDS
from glue_jobs.catalog.run import Job as CatalogJob
from glue_jobs.files.history import Asked
from glue_jobs.files.publish import Publisher
from glue_jobs.gate.model import Examined
from glue_jobs.gate.settings import Settings
from glue_jobs.interactions.run import Job as InteractionsJob
from glue_jobs.store import Store
from tests.support.folder_store import FolderStore
from tests.support.strict_reader import read_dataset
from tests.support.world import EARLIEST, NOW, World, produced

SMALL = Settings(min_interactions=1, min_active_users=0, min_active_share=0, min_incremental=1, earliest=EARLIEST)
"""The gate for a handful of rows."""


@dataclass(slots=True)
class MemoryBus:
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        self.told.append((detail_type, json.loads(json.dumps(detail))))


def no_documents(_: Examined, __: Mapping[str, Any], folder: Path) -> bool:
    """In the place of Data Docs, which take seconds."""
    (folder / "index.html").write_text("<p>documents</p>")
    return True


@dataclass(frozen=True, slots=True)
class FilesWorld:
    """`world`: from producers to the lake; `now` is when the files' jobs run."""

    world: World
    bus: MemoryBus = field(default_factory=MemoryBus)
    gate: Settings = SMALL
    now: datetime = NOW

    @property
    def personalize(self) -> FolderStore:
        return FolderStore(self.world.root / "personalize")

    @property
    def raw(self) -> FolderStore:
        """The whole bucket; the world's own is below `events/` there."""
        return FolderStore(self.world.root / "catalog-raw")

    def later(self, **much: int) -> FilesWorld:
        return replace(self, now=self.now + timedelta(**much))

    def with_gate(self, **settings: Any) -> FilesWorld:
        return replace(self, gate=replace(self.gate, **settings))

    def lake_of(self, spark: SparkSession, name: str, events: Iterable[Event]) -> None:
        """Land the events in an object of that name and run the events job."""
        self.world.land(name, produced(events, producer_id=name))
        self.world.run(spark)

    def snapshot(self, dataset: str, rows: Sequence[Mapping[str, Any] | bytes], *, taken_at: datetime = NOW) -> str:
        """Put a snapshot of the catalog; a row may be a line's bytes."""
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        data = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        key = snapshot_key(dataset, taken_at, f"{len(self.raw.list('catalog/')):012x}")
        self.raw.put(key, data)
        return key

    def publisher(self, store: Store | None = None) -> Publisher:
        return Publisher(
            store=store or self.personalize,
            bus=self.bus,
            gate=self.gate,
            document=no_documents,
            clock=lambda: self.now,
            run_id="run",
        )

    def interactions(self, spark: SparkSession, store: Store | None = None, **asked: Any) -> Manifest | str:
        job = InteractionsJob(
            spark=spark,
            raw=self.raw,
            lake=self.world.lake,
            publisher=self.publisher(store),
            asked=Asked(**asked),
            settings={"gate": repr(self.gate)},
        )
        return job.run()

    def catalog(self, spark: SparkSession, name: str, store: Store | None = None, **asked: Any) -> Manifest | str:
        job = CatalogJob(
            spark=spark,
            kind=KINDS[name],
            raw=self.raw,
            quarantine=self.world.quarantine,
            publisher=self.publisher(store),
            asked=Asked(**asked),
            settings={"gate": repr(self.gate)},
        )
        return job.run()

    def manifests(self, dataset: str) -> list[Manifest]:
        return [decode_manifest(self.personalize.read(o.key)) for o in self.personalize.list(ready_prefix(dataset))]

    def files(self, manifest: Manifest) -> dict[str, bytes]:
        """Name -> bytes of all that lies under the manifest's prefix."""
        found = self.personalize.list(manifest.prefix)
        return {o.key.removeprefix(manifest.prefix): self.personalize.read(o.key) for o in found}

    def rows(self, manifest: Manifest) -> list[dict[str, Any]]:
        """As the strict reader has them."""
        schema = json.loads(self.personalize.read(manifest.schema_key))
        return read_dataset(self.files(manifest), schema)
