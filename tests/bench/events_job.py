"""The events job beside DuckDB: the same work from the same raw files, each in a process of its own."""

from __future__ import annotations

import os
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from infra.local.java import java_home
from tests.bench.measure import Cost, cost_of
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.raw_events import RawSettings, raw_bucket

RAW = RawSettings(events=2_000_000)
_MEGABYTE = 1_000_000
_SIDES = {"ours": "tests.bench.events_job_spark", "duckdb": "tests.bench.events_job_duckdb"}


def run(settings: Settings) -> list[Row]:
    """Alternated runs; every one of them must come to the same lake and the same quarantine."""
    settings.say(f"{RAW.events:,} simulated events under {settings.build / 'data'}, made once")
    raw = raw_bucket(RAW, settings.build / "data")
    costs: dict[str, list[Cost]] = {side: [] for side in _SIDES}
    digests = set()
    for number in range(settings.repeats):
        for side, module in _SIDES.items():
            out = settings.build / "events_job" / side
            cost = _cost(module, raw, out)
            costs[side].append(cost)
            digests.add(digest := _digest(out))
            settings.say(f"run {number + 1}, {side}: {cost.wall_seconds:.1f} s, {cost.cpu_seconds:.1f} CPU-s, {digest}")
    if len(digests) != 1:
        raise AssertionError(f"the two sides differ: (lake rows and digest, quarantine rows and digest) {digests}")
    return _rows(raw, ours=Cost.of_median(costs["ours"]), duckdb_=Cost.of_median(costs["duckdb"]))


def _cost(module: str, raw: Path, out: Path) -> Cost:
    out.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, "JAVA_HOME": str(java_home(os.environ)), "PYSPARK_PYTHON": sys.executable}
    return cost_of([sys.executable, "-m", module, str(raw), str(out)], log=out / "log", environ=environ)


def _digest(out: Path) -> tuple[int, int, int, int]:
    """Rows and a digest of lake and quarantine; the order of rows does not matter to it."""
    lake = "hash(event_id, epoch_ms(occurred_at), user_id, item_id, event_type, value)"
    return (
        *_digest_of(out / "lake/events/*/*.parquet", lake),
        *_digest_of(out / "quarantine/events/*/*.parquet", "hash(reason, payload)"),
    )


def _digest_of(files: Path, row_hash: str) -> tuple[int, int]:
    query = f"SELECT count(*), sum({row_hash}::HUGEINT) % 1000000007 FROM read_parquet(?)"  # noqa: S608 - our own text
    found = duckdb.execute(query, [str(files)]).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


def _rows(raw: Path, *, ours: Cost, duckdb_: Cost) -> list[Row]:
    files = sorted(raw.rglob("*.gz"))
    lines, wall, cpu = _gunzip(files)

    def row(metric: str, unit: str, mine: float, peer: float, limit: float | None = None) -> Row:
        return Row(metric=metric, unit=unit, ours=mine, peers={"duckdb": peer}, limit=limit)

    return [
        row("throughput", "lines/s", lines / ours.wall_seconds, lines / duckdb_.wall_seconds, lines / wall),
        row("wall time", "s", ours.wall_seconds, duckdb_.wall_seconds, wall),
        row("CPU time", "s", ours.cpu_seconds, duckdb_.cpu_seconds, cpu),
        row("peak memory", "MB", ours.peak_bytes / _MEGABYTE, duckdb_.peak_bytes / _MEGABYTE),
        Row(metric="lines", unit="", ours=lines, peers={"duckdb": lines}),
    ]


def _gunzip(files: list[Path]) -> tuple[int, float, float]:
    """The floor under any reader: lines, and what it takes only to unpack and count them, on two threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(2) as pool:
        lines = sum(pool.map(lambda path: zlib.decompress(path.read_bytes(), wbits=31).count(b"\n"), files))
    return lines, time.perf_counter() - wall, time.process_time() - cpu


BENCHMARK = Benchmark(
    name="events_job",
    what="raw objects to lake and quarantine; the job also writes its ledger entry, limit: gunzip alone",
    run=run,
)
