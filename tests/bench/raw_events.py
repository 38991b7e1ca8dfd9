"""A deterministic raw bucket of simulated shoppers, as Firehose would have written it, broken lines and all."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from msgspec.structs import replace

from contract.checkpoints import Checkpoint, encode_checkpoint
from contract.codec import Event, encode
from contract.times import format_instant, parse_instant
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Broken, Repeated, Sent, simulate

_CHECKPOINT_EVERY = 2_000  # events of a producer; about a minute of a busy one
_START = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSettings:
    """`conflicts`: events whose id comes again with another time. Shares are of the events."""

    events: int
    streams: int = 4  # simulations beside one another; each has its own three producers
    objects: int = 64
    days: int = 3
    broken_share: float = 0.015
    duplicate_share: float = 0.02
    conflicts: int = 200
    seed: int = 7

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]


def raw_bucket(settings: RawSettings, cache: Path) -> Path:
    """The folder with `dt=…/hour=…/*.gz`; made by all processors when it is not there yet."""
    folder = cache / settings.digest
    if not folder.exists():
        making = folder.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            list(pool.map(partial(_write_stream, settings, making), range(settings.streams)))
        making.rename(folder)
    return folder


def _write_stream(settings: RawSettings, folder: Path, stream: int) -> None:
    lines = _lines(settings, stream)
    expected = settings.events // settings.streams * (1 + settings.broken_share + settings.duplicate_share)
    objects = settings.objects // settings.streams
    for number in range(objects):
        # The last object takes what is left.
        batch = list(islice(lines, None if number == objects - 1 else int(expected / objects)))
        hour = batch[-1][0].strftime("dt=%Y-%m-%d/hour=%H")
        target = folder / hour / f"clickstream-bench-raw-{stream}-{number:04d}.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(b"".join(line for _, line in batch), compresslevel=6, mtime=0))


def _lines(settings: RawSettings, stream: int) -> Iterator[tuple[datetime, bytes]]:
    """Each line with its newline and when it arrived, as its stream delivers them."""
    simulation = SimulationSettings(
        seed=settings.seed + stream,
        events=settings.events // settings.streams,
        start=_START,
        days=settings.days,
        items=20_000,
        users=max(1, settings.events // 40),
        broken_share=settings.broken_share,
        duplicate_share=settings.duplicate_share,
    )
    producers = _Producers(simulation.digest)
    records: dict[str, bytes] = {}
    arrived = _START
    conflict_every = max(1, simulation.events * settings.streams // settings.conflicts)
    for number, simulated in enumerate(simulate(simulation), 1):
        match simulated:
            case Sent():
                arrived = max(arrived, parse_instant(simulated.event.sent_at or simulated.event.occurred_at))
                event = producers.stamp(simulated.producer, simulated.event)
                line = encode(event)
                yield arrived, line
                yield from ((arrived, line) for line in producers.checkpoint(event, arrived))
                if simulated.repeats:
                    records[event.event_id] = line
                if number % conflict_every == 0:
                    yield arrived, encode(producers.stamp(simulated.producer, _moved(event)))
            case Repeated():
                yield arrived, records[simulated.event_id]
            case Broken():
                yield arrived, simulated.line + b"\n"


def _moved(event: Event) -> Event:
    """The same id, a second earlier: a client that makes its ids badly."""
    return replace(event, occurred_at=format_instant(parse_instant(event.occurred_at) - timedelta(seconds=1)))


class _Producers:
    """Numbers what each producer sends, and says so now and then."""

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._last: dict[str, int] = {}

    def stamp(self, name: str, event: Event) -> Event:
        producer_id = f"{name}-{self._digest}"
        self._last[producer_id] = number = self._last.get(producer_id, 0) + 1
        return replace(event, producer_id=producer_id, producer_seq=number)

    def checkpoint(self, event: Event, at: datetime) -> Iterator[bytes]:
        accepted = event.producer_seq or 0
        if accepted % _CHECKPOINT_EVERY == 0:
            yield encode_checkpoint(
                Checkpoint(
                    producer_id=event.producer_id or "",
                    number=accepted // _CHECKPOINT_EVERY,
                    accepted=accepted,
                    at=at,
                    final=False,
                )
            )
