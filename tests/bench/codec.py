"""KPL aggregation and de-aggregation, CPU time: ours beside aws_kinesis_agg, aiokpl and protobuf, and the limit."""

from __future__ import annotations

import json

from tests.bench.model import Benchmark, Row, Settings
from tests.bench.peers import peers_python, run_beside_peers

_ROUNDS = 5  # of each side within one repeat
_ASKED = {
    ("by shard", "aws_kinesis_agg"): 3.0,  # its own without routing
    ("by shard", "aiokpl"): 2.5,
    ("apart", "aws_kinesis_agg"): 4.5,
}
_PEERS = ("aws_kinesis_agg", "aiokpl", "protobuf")
_WORK = ("packed", "by shard", "apart")

Rates = dict[str, float]  # by "work / side / keys", thousand events a second of CPU time


def run(settings: Settings) -> list[Row]:
    """All sides in one process of build/peers, round by round; medians."""
    python = peers_python(settings.say)
    settings.say("events of 372 bytes on average, aggregates of 51,200; every key another, and 1,000 keys")
    rates: Rates = json.loads(run_beside_peers(python, "tests.bench.codec_sides", [str(settings.repeats * _ROUNDS)]))
    return [row for keys in ("UUID", "1,000") for row in _rows_of(keys, rates)]


def _rows_of(keys: str, rates: Rates) -> list[Row]:
    rows = [_rate(work, keys, rates) for work in _WORK]
    rows += [_share(work, keys, rates) for work in _WORK]
    return rows + [_ratio(work, peer, asked, keys, rates) for (work, peer), asked in _ASKED.items()]


def _rate(work: str, keys: str, rates: Rates) -> Row:
    """The limit is the machine's: md5 of the payload, copying it, md5 of each key where routed, base64 where apart."""
    peers = {peer: rate for peer in _PEERS if (rate := rates.get(f"{work} / {peer} / {keys}"))}
    ours, limit = rates[f"{work} / ours / {keys}"], rates[f"{work} / limit / {keys}"]
    return Row(metric=f"{work}, {keys}", unit="k/s", ours=ours, peers=peers, limit=limit)


def _share(work: str, keys: str, rates: Rates) -> Row:
    row = _rate(work, keys, rates)
    limit = row.limit or 1.0
    shares = {peer: 100 * rate / limit for peer, rate in row.peers.items()}
    return Row(metric=f"{work}, {keys}", unit="% of limit", ours=100 * row.ours / limit, peers=shares, limit=100.0)


def _ratio(work: str, peer: str, asked: float, keys: str, rates: Rates) -> Row:
    """The limit is what is asked. aws_kinesis_agg has no routing: ours with it beside its own without."""
    theirs = rates.get(f"{work} / {peer} / {keys}") or rates[f"packed / {peer} / {keys}"]
    ours = rates[f"{work} / ours / {keys}"] / theirs
    return Row(metric=f"{work}, {keys}", unit=f"times {peer}", ours=ours, peers={peer: 1.0}, limit=asked)


BENCHMARK = Benchmark(
    name="codec",
    what="CPU time of events packed, packed by shard (4), taken apart and freed of base64; keys: UUID, 1,000 different;"
    " limit: what no codec gets around; in rows of times: what is asked",
    run=run,
)
