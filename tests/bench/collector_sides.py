"""The servers of the collector's benchmark but for FastAPI's, each as an ASGI application for uvicorn."""

from __future__ import annotations

import gc
import hashlib
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract.write_keys import WriteKey
from producers.collector.access import Access
from producers.collector.app import App, Rules, World
from producers.collector.asgi import Bounds, Collector
from producers.collector.intake import Intake, Line
from producers.collector.origins import Origins
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.stream import Outcome, Record, Shard

KEY = "open sesame"
SHARDS = tuple(Shard(f"shard-{n}", n << 126, ((n + 1) << 126) - 1) for n in range(4))
_SHARDS = ShardMap(SHARDS)


def nothing() -> Callable[[Any, Any, Any], Awaitable[None]]:
    """The server alone."""
    return _nothing


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """The body is read and not looked at."""
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


class Routed:
    """Finds each line's shard, as the producer does, and keeps nothing."""

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        for key, _ in stamped:
            _SHARDS.lane(key.encode())
        if foreign:
            raise RuntimeError("the benchmark's events are good")

    def trouble(self) -> str:
        return ""

    def metrics(self) -> str:
        return ""


class NullStream:
    """Four shards that take everything at once."""

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        lane_of = _SHARDS.lane
        return [Outcome(SHARDS[lane_of(record.key.encode())].id, None) for record in records]

    def shards(self) -> Sequence[Shard]:
        return SHARDS


def ours() -> Collector:
    """Validation and routing, nothing sent."""

    async def closed() -> None:
        """Nothing to close."""

    return _collector(Routed, closed)


def durable() -> Collector:
    """Each answer waits until its events are synced to disk; they are delivered to a stream in this process."""
    # Here alone: the peers' environment need not have all that a producer imports.
    from producers.collector.producer_intake import ProducerIntake  # noqa: PLC0415
    from producers.sdk.clock import SystemClock  # noqa: PLC0415
    from producers.sdk.producer import EventProducer  # noqa: PLC0415
    from producers.sdk.settings import ProducerSettings  # noqa: PLC0415
    from producers.sdk.spool.directory import SpoolDirectory  # noqa: PLC0415

    made: list[EventProducer] = []

    def intake() -> Intake:
        root = Path(tempfile.mkdtemp(dir=os.environ["BENCH_FOLDER"]))
        settings = ProducerSettings(overflow="raise")
        producer = EventProducer(
            NullStream(), clock=SystemClock(), producer_id="bench", settings=settings, spool=SpoolDirectory(root)
        )
        made.append(producer)
        return ProducerIntake(producer, answer_seconds=10, memory_bytes=settings.memory_bytes, can_write=lambda: True)

    async def closed() -> None:
        await made[0].aclose(10)

    return _collector(intake, closed)


def _collector(intake: Callable[[], Intake], closed: Callable[[], Awaitable[None]]) -> Collector:
    key = WriteKey(name="bench", sha256=hashlib.sha256(KEY.encode()).hexdigest())

    async def opened() -> App:
        gc.collect()
        gc.freeze()  # as `producers.collector.worker` does
        world = World(intake=intake(), now=lambda: datetime.now(UTC), entropy=os.urandom, openapi=b"")
        return App(world, Rules(access=Access([key], monotonic=time.monotonic), origins=Origins([])))

    return Collector(opened=opened, closed=closed, bounds=Bounds())
