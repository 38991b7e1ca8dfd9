"""The sides of the durable benchmark: the producer with its spool, and other ways to keep events on a disk."""

from __future__ import annotations

import os
import queue
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import botocore.session

from contract.codec import Event, Plausible, check, decode
from contract.events import EARLIEST
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.frames import Frame
from tests.bench.producer_work import KEY, REGION, Work, batched, main

if TYPE_CHECKING:
    from producers.sdk.receipts import Receipt

BATCH = 500  # events: 20 ms at 25,000 a second
OFFERED = 1_000  # events a second, for the latencies
SETTINGS = ProducerSettings(linger=0.02)
Side = Callable[[Work], Mapping[str, Any]]


def rate(*, fsync: str | float) -> Side:
    """Events are judged, numbered, synced, acknowledged and delivered."""

    def side(work: Work) -> Mapping[str, Any]:
        events = events_of(work)
        with folder() as root, producer(work, root, fsync) as opened:
            for event in events[:2_000]:
                opened.send(event)
            opened.flush()
            with work.measured:
                for at in range(work.events):
                    receipt = opened.send(events[at % len(events)])
                receipt.wait()
                opened.flush()
        return {}

    return side


def latency(*, fsync: str | float) -> Side:
    """One thread offers events at a steady pace; how long `send` takes, and how long until it is acknowledged."""

    def side(work: Work) -> Mapping[str, Any]:
        events = events_of(work)
        sends: list[float] = []
        acknowledged: list[float] = []
        receipts: queue.SimpleQueue[tuple[float, Receipt] | None] = queue.SimpleQueue()
        with folder() as root, producer(work, root, fsync) as opened:
            for event in events[:2_000]:
                opened.send(event)
            opened.flush()
            waiter = threading.Thread(target=_note, args=(receipts, acknowledged))
            waiter.start()
            began = time.perf_counter()
            for at in range(work.events):
                due = began + at / OFFERED
                time.sleep(max(0.0, due - time.perf_counter()))
                before = time.perf_counter()
                receipt = opened.send(events[at % len(events)])
                sends.append(time.perf_counter() - before)
                receipts.put((before, receipt))
            receipts.put(None)
            waiter.join()
        return {"send": _milliseconds(sends), "acknowledged": _milliseconds(acknowledged)}

    return side


def _note(receipts: queue.SimpleQueue[tuple[float, Receipt] | None], seconds: list[float]) -> None:
    while found := receipts.get():
        before, receipt = found
        receipt.wait()
        seconds.append(time.perf_counter() - before)


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=1_000)
    return {"p50": 1e3 * cuts[499], "p99": 1e3 * cuts[989], "p99.9": 1e3 * cuts[998], "worst": 1e3 * max(seconds)}


def spool_alone(work: Work) -> Mapping[str, Any]:
    """Judged and kept, nothing else: what the disk and the frames cost."""
    with folder() as root:
        spool = SpoolDirectory(root).open("bench")
        with work.measured:
            for number, lines in enumerate(batched(judged(work), BATCH)):
                spool.append(Frame(tuple(lines), number * BATCH, 0))
    return {}


def sqlite(work: Work) -> Mapping[str, Any]:
    """The same batches as rows, each a transaction of a write-ahead log that is synced."""
    with folder() as root:
        database = sqlite3.connect(root / "events.db", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE events (number INTEGER PRIMARY KEY, key TEXT, line BLOB)")
        with work.measured:
            for lines in batched(judged(work), BATCH):
                database.execute("BEGIN")
                database.executemany("INSERT INTO events (key, line) VALUES (?, ?)", lines)
                database.execute("COMMIT")
        database.close()
    return {}


def line_by_line(work: Work) -> Mapping[str, Any]:
    """A file, and a sync for each line."""
    with folder() as root:
        file = os.open(root / "events", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        with work.measured:
            for _, line in judged(work):
                os.write(file, line)
                os.fdatasync(file)
        os.close(file)
    return {}


def judged(work: Work) -> Iterator[tuple[str, bytes]]:
    """Keys and lines, each checked and encoded as the producer does it."""
    events = events_of(work)
    plausible = Plausible(EARLIEST, SystemClock().now() + timedelta(hours=24))
    for at in range(work.events):
        event = events[at % len(events)]
        yield event.user_id or "", check(event, plausible)


def events_of(work: Work) -> list[Event]:
    now = SystemClock().now()
    return [decode(line.bare, Plausible(EARLIEST, now)) for line in work.lines]


@contextmanager
def producer(work: Work, root: Path, fsync: str | float) -> Iterator[EventProducer]:
    session = botocore.session.Session()
    session.set_config_variable("region", REGION)
    session.set_credentials(KEY, KEY)
    clock = SystemClock()
    stream = SignedKinesis.of_session(session, "events", connections=2, clock=clock, endpoint_url=work.url)
    spool = SpoolDirectory(root, fsync=fsync)
    with EventProducer(stream, clock=clock, producer_id="bench", settings=SETTINGS, spool=spool) as opened:
        yield opened


@contextmanager
def folder() -> Iterator[Path]:
    """On the disk of the working folder: what lies in memory proves nothing."""
    root = Path(tempfile.mkdtemp(prefix="durable-", dir=os.environ["BENCH_DISK"]))
    try:
        yield root
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main(
        {
            "send, fsync per batch": rate(fsync="batch"),
            "send, fsync each second": rate(fsync=1.0),
            "latency, fsync per batch": latency(fsync="batch"),
            "latency, fsync each second": latency(fsync=1.0),
            "spool alone": spool_alone,
            "sqlite": sqlite,
            "line by line": line_by_line,
        }
    )
