"""Where the demo's events come from: simulated shoppers, or a file of the user's own."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from contract.times import parse_instant
from producers.replay.events import EventMaker
from producers.replay.items import encode_items, read_items, snapshot_key
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

LONG_HISTORY = timedelta(days=400)  # from here on the lake is partitioned by month
_LOOK_AT_EVERY = 500

Progress = Callable[[int], None]


class Source(Protocol):
    """Puts events on the stream."""

    @property
    def what(self) -> str: ...

    def lake_partition(self) -> Literal["day", "month"]: ...

    def send(self, stream: Callable[[], Stream], clock: Clock, progress: Progress) -> None:
        """All of them; `progress` hears how many were accepted so far."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The week until yesterday of a shop, broken lines and redeliveries included."""

    seed: int
    events: int
    today: datetime

    @property
    def what(self) -> str:
        return f"{self.events:,} events of simulated shoppers (seed {self.seed})"

    def lake_partition(self) -> Literal["day", "month"]:
        return "day"

    def send(self, stream: Callable[[], Stream], clock: Clock, progress: Progress) -> None:
        days = 7
        midnight = datetime.combine(self.today.date(), time(), tzinfo=self.today.tzinfo)
        start = midnight - timedelta(days=days)
        settings = SimulationSettings(seed=self.seed, events=self.events, start=start, days=days)
        run_simulation(settings, stream, clock, progress)


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
        sink = BatchWriter(stream(), clock=clock, limits=Limits(), jitter=random.random)
        with EventProducer(stream(), clock=clock, producer_id=replay_producer_id(self.path)) as producer:
            replay(self.path, producer, sink, progress=progress)


def _at(maker: EventMaker, row: Row) -> datetime | None:
    try:
        return parse_instant(maker.event(row.values or {}, 1).occurred_at)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def send_items(path: Path, s3: Any, bucket: str) -> int:
    """Put the file's items into the raw bucket as a snapshot of the catalog; returns how many."""
    data = encode_items(read_items(path))
    s3.put_object(Bucket=bucket, Key=snapshot_key(path), Body=data)
    return gzip.decompress(data).count(b"\n")
