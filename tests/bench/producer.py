"""The producer beside its peers: events a second by wall time and by CPU time, to a stream that keeps nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import urllib3

from tests.bench.consumer_sides import plain_lines
from tests.bench.model import Benchmark, Row, Settings
from tests.bench.peers import ROOT, peers_python
from tests.bench.producer_work import Line, write_lines

_DISTINCT: Final = 20_000
# How many events each side is given: about two seconds' worth.
_OURS: Final = {
    "send_raw": 400_000,
    "send_raw, CBOR": 500_000,
    "send_raw_many": 400_000,
    "send": 250_000,
    "calls alone": 400_000,
    "sink alone": 1_500_000,
    "packing": 200_000,
}
_PEERS: Final = {
    "boto3": 120_000,
    "aiobotocore": 100_000,
    "aws_kinesis_agg": 150_000,
    "aws_kinesis_agg x 2": 150_000,
    "async-kinesis": 12_000,
    "async-kinesis KPL": 100_000,
    "aiokpl": 10_000,
}
_RAW_WALL, _RAW_CPU, _SEND = 2.5, 2.8, 1.5  # times the best peer
_PACKED = 99.0  # per cent


@dataclass
class _Found:
    """Thousand events a second by wall and by CPU time, and how busy the sink was, a run; packing in per cent."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    sink: dict[str, list[float]] = field(default_factory=dict)
    packing: list[float] = field(default_factory=list)
    packing_of_all: list[float] = field(default_factory=list)

    def note(self, name: str, measured: Mapping[str, float], sink_cpu: float) -> None:
        thousands = measured["events"] / 1_000
        self.wall.setdefault(name, []).append(thousands / measured["wall"])
        self.cpu.setdefault(name, []).append(thousands / measured["cpu"])
        self.sink.setdefault(name, []).append(100 * sink_cpu / measured["wall"])
        if "packing" in measured:
            self.packing.append(measured["packing"])
            self.packing_of_all.append(measured["packing of all"])


def run(settings: Settings) -> list[Row]:
    """Medians over interleaved runs, each in a process of its own; the sink is one process for all."""
    path = settings.build / "producer_lines.tsv"
    write_lines(path, list(_lines()))
    peers = peers_python(settings.say)
    found = _Found()
    with _sink() as sink:
        for number in range(settings.repeats):
            for name, events in (_OURS | _PEERS).items():
                module, python = ("sides", sys.executable) if name in _OURS else ("peers", str(peers))
                before = sink.stats()
                command = [python, "-m", f"tests.bench.producer_{module}", name, sink.url, str(events), str(path)]
                output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
                after = sink.stats()
                _check(name, events, after["bytes"] - before["bytes"])
                found.note(name, json.loads(output), after["cpu_seconds"] - before["cpu_seconds"])
                settings.say(f"run {number + 1}, {name}: {found.wall[name][-1]:,.1f} k/s")
    return _rows(found)


def _lines() -> Iterator[Line]:
    """Events of 372 bytes on average, no two of one user."""
    for key, line in plain_lines(_DISTINCT):
        bare, mark, numbers = line.rpartition(b',"producer_id":"web-7f3a')
        yield Line(key, bare + b"}\n", bare + mark + b"91c2d04" + numbers.rstrip(b"\n") + b"\n")


@dataclass(frozen=True)
class _Sink:
    url: str

    def stats(self) -> dict[str, float]:
        found: dict[str, float] = urllib3.request("GET", f"{self.url}/stats").json()
        return found


@contextmanager
def _sink() -> Iterator[_Sink]:
    command = [sys.executable, "-m", "tests.bench.null_sink"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield _Sink(f"http://127.0.0.1:{process.stdout.readline().strip()}")
        finally:
            process.stdin.close()


def _check(name: str, events: int, received: float) -> None:
    if name != "packing" and received < 330 * events:
        raise AssertionError(f"{name}: {events} events came as {received:,.0f} bytes")


def _rows(found: _Found) -> list[Row]:
    wall = {name: median(values) for name, values in found.wall.items()}
    cpu = {name: median(values) for name, values in found.cpu.items()}
    return [
        _row("send_raw, JSON: wall", "send_raw", wall, _RAW_WALL),
        _row("send_raw, JSON: per CPU second", "send_raw", cpu, _RAW_CPU),
        _row("send, validated: wall", "send", wall, _SEND),
        _row("send, validated: per CPU second", "send", cpu, _SEND),
        _row("send_raw, CBOR: wall", "send_raw, CBOR", wall),
        _row("send_raw, CBOR: per CPU second", "send_raw, CBOR", cpu),
        _row("send_raw_many, JSON: wall", "send_raw_many", wall),
        _row("send_raw_many, JSON: per CPU second", "send_raw_many", cpu),
        *_beside(wall, cpu),
        Row(metric="packing of full records", unit="%", ours=median(found.packing), peers={}, limit=_PACKED),
        Row(metric="packing of all records", unit="%", ours=median(found.packing_of_all), peers={}),
        _row("codec and calls without a producer: wall", "calls alone", wall, peers=False),
        _row("codec and calls without a producer: per CPU second", "calls alone", cpu, peers=False),
        _row("the sink alone takes", "sink alone", wall, peers=False),
        _busy(found),
    ]


def _row(metric: str, ours: str, rates: Mapping[str, float], times: float | None = None, *, peers: bool = True) -> Row:
    """`times`: what is asked, as often as the best peer's."""
    of_peers = {name: rates[name] for name in _PEERS} if peers else {}
    limit = times * max(of_peers.values()) if times else None
    return Row(metric=metric, unit="k/s", ours=rates[ours], peers=of_peers, limit=limit)


def _beside(wall: Mapping[str, float], cpu: Mapping[str, float]) -> Sequence[Row]:
    """How often as fast as each peer."""
    asked = [
        ("send_raw", "wall", wall, _RAW_WALL),
        ("send_raw", "CPU", cpu, _RAW_CPU),
        ("send", "wall", wall, _SEND),
        ("send", "CPU", cpu, _SEND),
    ]
    return [
        Row(
            metric=f"{ours} as a multiple of each peer: {which}",
            unit="x",
            ours=rates[ours] / max(rates[name] for name in _PEERS),
            peers={name: rates[ours] / rates[name] for name in _PEERS},
            limit=times,
        )
        for ours, which, rates, times in asked
    ]


def _busy(found: _Found) -> Row:
    """The sink's share of a core in each side's own run; ours is send_raw's. It holds up a side where it nears 100."""
    busy = {name: median(values) for name, values in found.sink.items()}
    peers = {name: busy[name] for name in _PEERS}
    return Row(metric="the sink's share of a core meanwhile", unit="%", ours=busy["send_raw"], peers=peers, limit=100.0)


BENCHMARK = Benchmark(
    name="producer",
    what="events of 372 bytes from one process to a sink that keeps nothing; limit: what is asked",
    run=run,
)
