"""The jobs for files beside DuckDB: the same lines from the same lake, each side in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path
from statistics import median

from infra.local.java import java_home
from tests.bench.files_data import DataSettings, files_data
from tests.bench.measure import Cost, cost_of
from tests.bench.model import Benchmark, Row, Settings

EVENTS = 5_000_000
_MEGABYTE = 1_000_000
_SIDES = {"ours": "tests.bench.files_spark", "duckdb": "tests.bench.files_duckdb"}


def run(settings: Settings) -> list[Row]:
    """Alternated runs; every one of them must come to the same lines."""
    data_settings = DataSettings(events=EVENTS)
    settings.say(f"{EVENTS:,} events, {data_settings.items:,} items, {data_settings.users:,} users; made once")
    data = files_data(data_settings, settings.build / "data")
    costs: dict[str, list[Cost]] = {side: [] for side in _SIDES}
    shares, digests = [], set()
    for number in range(settings.repeats):
        for side, module in _SIDES.items():
            out = settings.build / "files" / side
            cost = _cost(module, data, out)
            costs[side].append(cost)
            digests.add(digest := _digest(out / "files"))
            settings.say(f"run {number + 1}, {side}: {cost.wall_seconds:.1f} s, {cost.cpu_seconds:.1f} CPU-s, {digest}")
        times = json.loads((settings.build / "files" / "ours" / "times.json").read_text())
        settings.say(f"run {number + 1}, ours, seconds: {times}")
        shares.append(times)
    if len(digests) != 1:
        raise AssertionError(f"the two sides differ: (lines, digest) by dataset {digests}")
    return _rows(Cost.of_median(costs["ours"]), Cost.of_median(costs["duckdb"]), shares, digests.pop())


def _cost(module: str, data: Path, out: Path) -> Cost:
    out.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, "JAVA_HOME": str(java_home(os.environ)), "PYSPARK_PYTHON": sys.executable}
    return cost_of([sys.executable, "-m", module, str(data), str(out)], log=out / "log", environ=environ)


def _digest(files: Path) -> tuple[tuple[int, int], ...]:
    """Lines and a digest of each dataset; the order of lines, and which file each is in, do not matter to it."""
    return tuple(_digest_of(sorted(files.glob(f"{name}/*/full/*.csv"))) for name in ("interactions", "items", "users"))


def _digest_of(files: list[Path]) -> tuple[int, int]:
    lines = [line for path in files for line in path.read_bytes().split(b"\n")[1:-1]]
    return len(lines), sum(map(zlib.crc32, lines)) % 1_000_000_007


def _rows(ours: Cost, duckdb_: Cost, times: list[dict[str, float]], digest: tuple[tuple[int, int], ...]) -> list[Row]:
    def row(metric: str, unit: str, mine: float, peer: float) -> Row:
        return Row(metric=metric, unit=unit, ours=mine, peers={"duckdb": peer})

    def share(*names: str) -> float:
        return 100 * median(sum(each[name] for name in names) / each["jobs"] for each in times)

    names = ("interactions", "items", "users")
    return [
        row("throughput", "events/s", EVENTS / ours.wall_seconds, EVENTS / duckdb_.wall_seconds),
        row("wall time", "s", ours.wall_seconds, duckdb_.wall_seconds),
        row("CPU time", "s", ours.cpu_seconds, duckdb_.cpu_seconds),
        row("peak memory", "MB", ours.peak_bytes / _MEGABYTE, duckdb_.peak_bytes / _MEGABYTE),
        *(row(f"lines of {name}", "", lines, lines) for name, (lines, _) in zip(names, digest, strict=True)),
        Row(metric="of our jobs' time: the gate", unit="%", ours=share("gate"), peers={}),
        Row(metric="of our jobs' time: Data Docs", unit="%", ours=share("pages"), peers={}),
        Row(metric="of our jobs' time: both", unit="%", ours=share("gate", "pages"), peers={}),
    ]


BENCHMARK = Benchmark(
    name="files",
    what="lake and catalog to three files; ours also judges each line of the catalog, the files, and publishes",
    run=run,
)
