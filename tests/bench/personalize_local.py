"""The Personalize emulator's times and memory beside the limits that it must keep."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final

from tests.bench.model import Benchmark, Row, Settings
from tests.bench.personalize_memory import Memory, Peak, memory_of
from tests.bench.personalize_world import World, s3_process, start_seconds
from tests.support.personalize_server import Server, free_port
from tests.support.shop import Shop

SHOP: Final = Shop(users=50_000, items=5_000, interactions=1_000_000)
LARGE: Final = Shop(users=1_000_000, items=100_000, interactions=10_000_000)
_MB, _GB = 1_000_000, 1_000_000_000
_REQUESTS: Final = 4_000
_MINUTES: Final = 60


def run(settings: Settings) -> list[Row]:
    """A million interactions; medians over the repeats."""
    starts = [start_seconds(settings.build / "personalize_local" / "empty") for _ in range(settings.repeats)]
    with _world(settings, SHOP) as world:
        time.sleep(1)
        idle = memory_of(world.pid)
        _prepare(settings, world)
        imports = [world.import_seconds("Interactions") for _ in range(settings.repeats)]
        settings.say(f"imports: {_listed(imports)}")
        trainings = [world.training() for _ in range(settings.repeats)]
        settings.say(f"trainings: {_listed([seconds for seconds, _ in trainings])}")
        world.create_campaign()
        return [
            _row("start to the first answer", "s", median(starts), 2),
            *_idle(idle),
            _row("import of 1,000,000 interactions", "s", median(imports), 10),
            _row("training on them, 5,000 items", "s", median(seconds for seconds, _ in trainings), 60),
            _row("  its peak memory", "MB", max(peak.memory.children for _, peak in trainings) / _MB, 4_000),
            *_served(settings, world),
            _row("memory after all that, PSS", "MB", memory_of(world.pid).proportional / _MB),
        ]


def run_large(settings: Settings) -> list[Row]:
    """Once: it takes minutes."""
    with _world(settings, LARGE) as world, Peak(world.pid) as peak:
        _prepare(settings, world)
        imports = world.import_seconds("Interactions")
        settings.say(f"import: {imports:.1f} s")
        seconds, training = world.training()
        settings.say(f"training: {seconds:.1f} s, {training.memory.children / _GB:.1f} GB")
        world.create_campaign()
        began = time.perf_counter()
        world.load(world.recommendations(), connections=1, count=1)
        first = time.perf_counter() - began
        one = world.load(world.recommendations(), connections=1, count=_REQUESTS)
        many = world.load(world.recommendations(), connections=8, count=_REQUESTS)
        events = world.load(world.events(), connections=8, count=_REQUESTS)
        rows = [
            _row("import of 10,000,000 interactions", "s", imports),
            _row("training: 1,000,000 users x 100,000 items", "min", seconds / _MINUTES, 20),
            _row("  its peak memory", "GB", training.memory.children / _GB),
            _row("first request after that", "s", first),
            _row("GetRecommendations with a filter, p50", "ms", one.percentile(0.5)),
            _row("GetRecommendations with a filter, p99", "ms", one.percentile(0.99), 50),
            _row("  on 8 connections", "requests/s", many.per_second),
            _row("PutEvents on 8 connections", "calls/s", events.per_second),
        ]
    return [*rows, _row("peak memory of all processes, PSS", "GB", peak.memory.proportional / _GB, 12)]


@contextmanager
def _world(settings: Settings, shop: Shop) -> Iterator[World]:
    data = settings.build / "personalize_local" / "state"
    shutil.rmtree(data, ignore_errors=True)
    with s3_process() as s3:
        server = Server(data=data, port=free_port(), s3_endpoint=s3)
        server.start()
        try:
            yield World(server=server, shop=shop)
        finally:
            server.stop()


def _prepare(settings: Settings, world: World) -> None:
    shop = world.shop
    settings.say(f"a shop of {shop.users:,} users, {shop.items:,} items, {shop.interactions:,} interactions")
    world.upload(settings.build / "data" / f"shop-{shop.users}-{shop.items}-{shop.interactions}")
    world.create_datasets()
    for dataset in ("Items", "Users"):
        settings.say(f"{dataset}: {world.import_seconds(dataset):.1f} s")


def _served(settings: Settings, world: World) -> list[Row]:
    world.load(world.recommendations(), connections=1, count=100)  # the first one reads the data
    one = [world.load(world.recommendations(), connections=1, count=_REQUESTS) for _ in range(settings.repeats)]
    many = [world.load(world.recommendations(), connections=8, count=_REQUESTS) for _ in range(settings.repeats)]
    events = [world.load(world.events(), connections=8, count=_REQUESTS) for _ in range(settings.repeats)]
    return [
        _row("GetRecommendations with a filter, p50", "ms", median(load.percentile(0.5) for load in one), 3),
        _row("GetRecommendations with a filter, p99", "ms", median(load.percentile(0.99) for load in one), 10),
        _row("  on 8 connections, at least", "requests/s", median(load.per_second for load in many), 1_000),
        _row("PutEvents on 8 connections, at least", "calls/s", median(load.per_second for load in events), 1_000),
        _row("  p99", "ms", median(load.percentile(0.99) for load in events)),
    ]


def _idle(memory: Memory) -> list[Row]:
    return [
        _row("idle memory, RSS", "MB", memory.resident / _MB, 150),
        _row("idle memory, PSS", "MB", memory.proportional / _MB, 150),
    ]


def _row(metric: str, unit: str, value: float, limit: float | None = None) -> Row:
    return Row(metric=metric, unit=unit, ours=value, peers={}, limit=limit)


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{each:.1f} s" for each in seconds)


BENCHMARK = Benchmark(
    name="personalize_local", what="the Personalize emulator with 1,000,000 interactions; limit: what it must keep",
    run=run,
)  # fmt: skip
LARGE_BENCHMARK = Benchmark(
    name="personalize_local_large",
    what="100,000 items x 1,000,000 users, 10,000,000 interactions; limit: what it must keep",
    run=run_large,
    on_request=True,
)
