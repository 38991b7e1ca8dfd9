"""The collector beside FastAPI and beside a server that does nothing: CPU time a request, one worker on a core."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from contract.codec import decode
from producers.collector.core import Facts
from tests.bench.collector_sides import KEY
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.peers import ROOT, peers_python
from tests.factories import NOW

_SIDES: Final = {
    "nothing": "sides:nothing",
    "fastapi": "peers:fastapi",
    "ours": "sides:ours",
    "durable": "sides:durable",
}
_SECONDS = 4
_CONNECTIONS, _MANY = 64, 256  # the worker is never idle; a durable answer waits for others': many show the rate
_TICKS = os.sysconf("SC_CLK_TCK")
_BARS: Final = {"1": 45.0, "25": 150.0}

_CANONICAL: Final = (
    '{"schema_version":1,"app_id":"shop","event_id":"0193b1c2-7a54-7cc3-98c4-dc0c0c07398f","event_type":"view",'
    '"occurred_at":"2026-11-23T09:29:58.250Z","anonymous_id":"a-77f0c2d1e5b94c33","session_id":"s-5d1e0a77",'
    '"item_id":"i-204","value":19.9,"context":{"device":"mobile","platform":"ios","locale":"de-CH","page":"/p/42"},'
    '"properties":{"query":"red shoes","position":3}}'
)

_LUA: Final = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["x-write-key"] = "{key}"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nRESULT {{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, ' ..
    '"errors": {{"status": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect, e.read, e.write, e.timeout))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    cpu_micros: float  # of the server, a request
    per_second: float
    p50_millis: float
    p99_millis: float


def run(settings: Settings) -> list[Row]:
    """Medians over interleaved runs. Raises RuntimeError where wrk is missing, or an answer is no success."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is missing; on Debian or Ubuntu: apt install wrk")
    if len(os.sched_getaffinity(0)) < 2:
        raise RuntimeError("the server and its load need a core each")
    python = peers_python(settings.say)
    bodies = _bodies(settings.build)
    found: dict[tuple[str, str], list[_Run]] = {}
    for number in range(settings.repeats):
        for side, address in _SIDES.items():
            with _served(python, address, settings.build) as (pid, port):
                for name in bodies if side == "ours" else ("1", "25"):
                    result = _load(pid, port, bodies[name], settings.build)
                    found.setdefault((side, name), []).append(result)
                    if side == "durable":
                        most = _load(pid, port, bodies[name], settings.build, connections=_MANY)
                        found.setdefault(("durable, many", name), []).append(most)
                    settings.say(
                        f"run {number + 1}, {side}, {name}: {result.cpu_micros:.1f} µs, {result.per_second:,.0f}/s"
                    )
    return _rows({key: _median(runs) for key, runs in found.items()})


def _bodies(build: Path) -> Mapping[str, Path]:
    """Of 1 and of 25 events; and the 25 as a client writes them that knows nothing of our order."""
    values = json.loads(_CANONICAL)
    decode(_CANONICAL.encode(), Facts.of(NOW).plausible)
    events = [values | {"event_id": f"0193b1c2-7a54-7cc3-98c4-dc0c0c0739{n:02d}"} for n in range(25)]
    shuffled = [dict(sorted(event.items(), reverse=True)) for event in events]
    texts = {"1": _text(events[0]), "25": _text(events), "25 in another order": _text(shuffled)}
    paths = {name: build / f"collector_{number}.json" for number, name in enumerate(texts)}
    for name, path in paths.items():
        path.write_text(texts[name])
    return paths


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


@contextmanager
def _served(python: Path, address: str, build: Path) -> Iterator[tuple[int, int]]:
    """The server's process, on the first core, and its port; it is gone, with its files, at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = ["taskset", "-c", str(_cores()[0]), str(python), "-m", "tests.bench.collector_server", address, str(port)]
    with tempfile.TemporaryDirectory(dir=build) as folder:
        environ = {**os.environ, "BENCH_FOLDER": folder}
        with subprocess.Popen(command, cwd=ROOT, env=environ) as process:
            try:
                _wait_for(port)
                yield process.pid, port
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def _load(pid: int, port: int, body: Path, build: Path, *, connections: int = _CONNECTIONS) -> _Run:
    script = build / "collector.lua"
    script.write_text(_LUA.format(key=KEY, body=body))
    _wrk(script, port, connections, seconds=1)  # so that it is warm
    before = _cpu_seconds(pid)
    result = _wrk(script, port, connections, seconds=_SECONDS)
    cpu = _cpu_seconds(pid) - before
    if any(result["errors"].values()):
        raise RuntimeError(f"requests failed: {result['errors']}")
    return _Run(
        cpu_micros=1e6 * cpu / result["requests"],
        per_second=1e6 * result["requests"] / result["microseconds"],
        p50_millis=result["p50"] / 1_000,
        p99_millis=result["p99"] / 1_000,
    )


def _wrk(script: Path, port: int, connections: int, *, seconds: int) -> Mapping[str, Any]:
    command = ["taskset", "-c", str(_cores()[-1]), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/v1/events"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    match = re.search(r"^RESULT (.*)$", output, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"wrk said nothing: {output}")
    found: Mapping[str, Any] = json.loads(match[1])
    return found


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _cores() -> Sequence[int]:
    return sorted(os.sched_getaffinity(0))


def _median(runs: Sequence[_Run]) -> _Run:
    return _Run(
        cpu_micros=median(r.cpu_micros for r in runs),
        per_second=median(r.per_second for r in runs),
        p50_millis=median(r.p50_millis for r in runs),
        p99_millis=median(r.p99_millis for r in runs),
    )


def _rows(found: Mapping[tuple[str, str], _Run]) -> list[Row]:
    rows: list[Row] = []
    for name in ("1", "25"):
        peers = {
            "uvicorn doing nothing": found["nothing", name].cpu_micros,
            "FastAPI + pydantic": found["fastapi", name].cpu_micros,
        }
        rows.append(
            Row(
                metric=f"CPU a request, events: {name}",
                unit="µs",
                ours=found["ours", name].cpu_micros,
                peers=peers,
                limit=_BARS[name],
            )
        )
    other = "25 in another order"
    rows.append(
        Row(metric=f"CPU a request, events: {other}", unit="µs", ours=found["ours", other].cpu_micros, peers={})
    )
    for name in ("1", "25"):
        run, most = found["durable", name], found["durable, many", name]
        metric = f"synced to disk before the answer, events: {name}"
        rows += [
            Row(metric=metric, unit=f"events/s of {_MANY}", ours=most.per_second * int(name), peers={}),
            Row(metric=metric, unit=f"CPU µs of {_MANY}", ours=most.cpu_micros, peers={}),
            Row(metric=metric, unit=f"p50 ms of {_CONNECTIONS}", ours=run.p50_millis, peers={}),
            Row(metric=metric, unit=f"p99 ms of {_CONNECTIONS}", ours=run.p99_millis, peers={}),
            Row(metric=metric, unit=f"p99 ms of {_MANY}", ours=most.p99_millis, peers={}),
        ]
    return rows


BENCHMARK = Benchmark(
    name="collector",
    what=f"one worker on a core, {_CONNECTIONS} or {_MANY} connections from another; the limit is what was promised",
    run=run,
)
