"""The realtime consumer's CPU: records taken apart, judged, worked through; beside aws_kinesis_agg and Powertools."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Sequence
from statistics import median

from pybase64 import b64decode

from consumers.realtime.lines import KinesisRecord
from contract.codec import decode
from contract.kpl import payloads
from tests.bench import consumer_sides as sides
from tests.bench.model import Benchmark, Row, Settings

EVENTS = 30_000
_ASKED_TIMES = 4.0  # as fast as aws_kinesis_agg
_ASKED_OF_DECODING = 250.0  # thousand sub-records a second
_ROUNDS = 5  # of each side within one repeat

Batches = Sequence[Sequence[KinesisRecord]]
Side = Callable[[Batches], int]


def run(settings: Settings) -> list[Row]:
    """Alternated runs in this process; medians of CPU time."""
    settings.say(f"{EVENTS:,} plain and {EVENTS:,} simulated events in aggregates of 50 KB")
    plain = sides.batches(sides.plain_lines(EVENTS))
    rich = sides.batches(sides.simulated_lines(EVENTS))
    _check([*plain, *rich])
    found: dict[str, list[float]] = {}
    for number in range(settings.repeats * _ROUNDS):
        for name, side in _SIDES.items():
            found.setdefault(f"{name}, plain", []).append(_rate(side, plain))
            found.setdefault(f"{name}, rich", []).append(_rate(side, rich))
        settings.say(f"run {number + 1}: " + ", ".join(f"{name} {rates[-1]:,.0f}" for name, rates in found.items()))
    return _rows({name: median(rates) for name, rates in found.items()})


def _rate(side: Side, given: Batches) -> float:
    """Thousands a second of CPU time."""
    gc.collect()
    began = time.process_time()
    count = side(given)
    seconds = time.process_time() - began
    if count != EVENTS:
        raise AssertionError(f"{count} of {EVENTS} were found")
    return count / seconds / 1_000


def _check(given: Batches) -> None:
    for batch in given:
        if _payloads_of(batch) != sides.by_aws_kinesis_agg(batch):
            raise AssertionError("the two sides take a batch apart into different records")


def _payloads_of(batch: Sequence[KinesisRecord]) -> list[bytes]:
    unpacked = (payloads(b64decode(record["kinesis"]["data"], validate=True)) for record in batch)
    return [data for found in unpacked for data in found or ()]


def _deaggregated(given: Batches) -> int:
    return sum(len(_payloads_of(batch)) for batch in given)


def _decoded(given: Batches) -> int:
    count = 0
    for batch in given:
        for data in _payloads_of(batch):
            decode(data, sides.PLAUSIBLE)
            count += 1
    return count


def _floor(given: Batches) -> int:
    """What no reader in Python gets around: base64 and the checksum."""
    for batch in given:
        for record in batch:
            hashlib.md5(b64decode(record["kinesis"]["data"], validate=True), usedforsecurity=False).digest()
    return EVENTS


_SIDES: dict[str, Side] = {
    "apart": _deaggregated,
    "aws_kinesis_agg": lambda given: sum(len(sides.by_aws_kinesis_agg(batch)) for batch in given),
    "floor": _floor,
    "decoded": _decoded,
    "core": lambda given: sum(map(sides.by_core, given)),
    "powertools": lambda given: sum(map(sides.by_powertools, given)),
}


def _rows(rates: dict[str, float]) -> list[Row]:
    return [row for events in ("plain", "rich") for row in _rows_of(events, rates)]


def _rows_of(events: str, rates: dict[str, float]) -> list[Row]:
    def row(metric: str, ours: str, limit: float | None, **peers: str) -> Row:
        of_peers = {name: rates[f"{side}, {events}"] for name, side in peers.items()}
        metric = f"{metric}, {events}"
        return Row(metric=metric, unit="k/s", ours=rates[f"{ours}, {events}"], peers=of_peers, limit=limit)

    agg = rates[f"aws_kinesis_agg, {events}"]
    return [
        row("taken apart, base64 too", "apart", _ASKED_TIMES * agg, aws_kinesis_agg="aws_kinesis_agg"),
        row("base64 and checksum alone", "floor", None),
        row("and judged by the contract", "decoded", _ASKED_OF_DECODING if events == "plain" else None),
        row("all but I/O (peer: JSON)", "core", None, powertools="powertools"),
    ]


BENCHMARK = Benchmark(
    name="consumer",
    what="sub-records, CPU time of one core; plain ones have 364 bytes, rich ones 520; limit: what is asked",
    run=run,
)
