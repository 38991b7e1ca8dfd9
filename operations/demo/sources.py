"""Where the demo's events and catalog come from: simulated shoppers and their shop, or files of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any, Literal, Protocol

from contract.times import parse_instant
from producers.catalog.files import snapshot_of
from producers.catalog.snapshot import Snapshot
from producers.replay.events import EventMaker
from producers.replay.mapping import recognised
from producers.replay.replay import replay, replay_producer_id
from producers.replay.rows import Row, file_digest, read_rows
from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock
from producers.sdk.limits import Limits
from producers.sdk.producer import EventProducer
from producers.sdk.stream import Stream
from producers.simulator.run import run_simulation
from producers.simulator.settings import SimulationSettings
from producers.simulator.snapshots import simulated_snapshots

LONG_HISTORY = timedelta(days=400)  # from here on the lake is partitioned by month
_LOOK_AT_EVERY = 500

Progress = Callable[[int], None]


class Source(Protocol):
    """Puts events on the stream, and knows the catalog that they are about, if there is one."""

    @property
    def what(self) -> str: ...

    def lake_partition(self) -> Literal["day", "month"]: ...

    def send(self, stream: Callable[[], Stream], clock: Clock, progress: Progress) -> None:
        """All of them; `progress` hears how many were accepted so far."""
        ...

    def catalog(self) -> tuple[Snapshot, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The week until yesterday of a shop, broken lines and redeliveries included."""

    seed: int
    events: int
    today: datetime
    items: int = 1_000
    users: int = 3_000

    @property
    def what(self) -> str:
        return f"{self.events:,} events of simulated shoppers (seed {self.seed})"

    def lake_partition(self) -> Literal["day", "month"]:
        return "day"

    def send(self, stream: Callable[[], Stream], clock: Clock, progress: Progress) -> None:
        run_simulation(self.settings(), stream, clock, progress)

    def catalog(self) -> tuple[Snapshot, ...]:
        return simulated_snapshots(self.settings())

    def settings(self) -> SimulationSettings:
        days = 7
        midnight = datetime.combine(self.today.date(), time(), tzinfo=self.today.tzinfo)
        return SimulationSettings(
            seed=self.seed,
            events=self.events,
            start=midnight - timedelta(days=days),
            days=days,
            items=self.items,
            users=self.users,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """Past events from a file."""

    path: Path

    @property
    def what(self) -> str:
        return f"events of {self.path}"

    def lake_partition(self) -> Literal["day", "month"]:
        found = read_rows(self.path)
        mapping = recognised(found.header)
        if mapping is None:
            return "day"  # `send` says what is wrong
        maker = EventMaker(mapping, digest=file_digest(self.path))
        looked_at = (row for number, row in enumerate(found.rows) if number % _LOOK_AT_EVERY == 0)
        times = [at for row in looked_at if (at := _at(maker, row))]
        return "month" if times and max(times) - min(times) > LONG_HISTORY else "day"

    def send(self, stream: Callable[[], Stream], clock: Clock, progress: Progress) -> None:
        sink = BatchWriter(stream(), clock=clock, limits=Limits(), jitter=SystemRandom().random)
        with EventProducer(stream(), clock=clock, producer_id=replay_producer_id(self.path)) as producer:
            replay(self.path, producer, sink, progress=progress)

    def catalog(self) -> tuple[Snapshot, ...]:
        return ()


def _at(maker: EventMaker, row: Row) -> datetime | None:
    try:
        return parse_instant(maker.event(row.values or {}, 1).occurred_at)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def send_catalog(
    source: Source, *, items: Path | None, users: Path | None, s3: Any, bucket: str, now: datetime
) -> tuple[Snapshot, ...]:
    """Put the catalog into the raw bucket and return what was put: of a dataset, the file that is given, as of now,
    else the snapshots of the source; nothing where there is neither.

    Raises `ConfigurationError` for a file that is no catalog, before anything is put.
    """
    files = {dataset: path for dataset, path in (("items", items), ("users", users)) if path is not None}
    own = tuple(snapshot_of(path, dataset, now) for dataset, path in files.items())
    snapshots = (*own, *(s for s in source.catalog() if s.dataset not in files))
    for snapshot in snapshots:
        s3.put_object(Bucket=bucket, Key=snapshot.key, Body=snapshot.data)
    return snapshots
