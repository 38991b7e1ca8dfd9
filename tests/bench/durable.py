"""The producer with its spool on one core: how many events it keeps and delivers, and how soon it says so.

No other Python producer has a spool, so beside it stand other ways to keep events, none of which delivers them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import urllib3

from tests.bench.consumer_sides import plain_lines
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.producer_work import Line, write_lines

ROOT: Final = Path(__file__).parents[2]
_DISTINCT: Final = 20_000
_CORES: Final = sorted(os.sched_getaffinity(0))
_SIDES: Final = {
    "send, fsync per batch": 200_000,
    "send, fsync each second": 200_000,
    "spool alone": 200_000,
    "sqlite": 100_000,
    "line by line": 2_000,
    "latency, fsync per batch": 10_000,
    "latency, fsync each second": 10_000,
}
_RATE: Final = 25_000.0  # events a second and core
_SEND: Final = 1.0  # ms
Found = dict[str, list[dict[str, Any]]]


def run(settings: Settings) -> list[Row]:
    """Medians over interleaved runs; each side is pinned to the first core, the sink to the last."""
    path = settings.build / "durable_lines.tsv"
    write_lines(path, list(_lines()))
    found: Found = defaultdict(list)
    environ = os.environ | {"BENCH_DISK": str(settings.build)}
    with _sink() as url:
        for number in range(settings.repeats):
            for name, events in _SIDES.items():
                before = _received(url)
                command = [sys.executable, "-m", "tests.bench.durable_sides", name, url, str(events), str(path)]
                output = subprocess.run(
                    _pinned(_CORES[0], command), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env=environ
                ).stdout
                _check(name, events, _received(url) - before)
                found[name].append(json.loads(output))
                settings.say(f"run {number + 1}, {name}: {_said(found[name][-1])}")
    return _rows(found)


def _lines() -> Iterator[Line]:
    for key, line in plain_lines(_DISTINCT):
        bare = line.rpartition(b',"producer_id":"')[0] + b"}\n"
        yield Line(key, bare, line)


def _said(measured: dict[str, Any]) -> str:
    if "send" in measured:
        return f"p99 of send {measured['send']['p99']:.2f} ms, acknowledged {measured['acknowledged']['p99']:.1f} ms"
    return f"{measured['events'] / measured['wall']:,.0f}/s"


@contextmanager
def _sink() -> Iterator[str]:
    command = _pinned(_CORES[-1], [sys.executable, "-m", "tests.bench.null_sink"])
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


def _pinned(core: int, command: list[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command]


def _received(url: str) -> float:
    return float(urllib3.request("GET", f"{url}/stats").json()["bytes"])


def _check(name: str, events: int, received: float) -> None:
    # 372 bytes are 496 in base64.
    if name.startswith(("send", "latency")) and received < 480 * events:
        raise AssertionError(f"{name}: {events} events came as {received:,.0f} bytes")


def _rows(found: Found) -> list[Row]:
    rates = {
        name: median(run["events"] / run["wall"] for run in runs) for name, runs in found.items() if runs[0]["wall"]
    }
    others = {"sqlite, 500 a commit": rates["sqlite"], "a line, a sync": rates["line by line"]}
    return [
        _rate("fsync per batch: events kept and delivered", rates["send, fsync per batch"], others, _RATE),
        _rate("fsync each second: the same", rates["send, fsync each second"], {}, _RATE),
        _rate("fsync per batch: events kept, not delivered", rates["spool alone"], others),
        *_latencies("fsync per batch", found),
        *_latencies("fsync each second", found),
    ]


def _rate(metric: str, ours: float, peers: dict[str, float], limit: float | None = None) -> Row:
    return Row(metric=metric, unit="/s", ours=ours, peers=peers, limit=limit)


def _latencies(kind: str, found: Found) -> Iterator[Row]:
    runs = found[f"latency, {kind}"]
    for what, limits in (("send", {"p99": _SEND}), ("acknowledged", {})):
        for share in ("p50", "p99", "p99.9"):
            ours = median(run[what][share] for run in runs)
            metric = f"{kind}: {what}, {share}"
            yield Row(metric=metric, unit="ms", ours=ours, peers={}, limit=limits.get(share))


BENCHMARK = Benchmark(
    name="durable",
    what="validated events of 372 bytes on one core, kept before they are acknowledged; latencies at 1,000/s offered",
    run=run,
)
