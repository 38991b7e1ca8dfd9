"""Lanes as tests make them, fill them and empty them."""

from __future__ import annotations

from math import inf

from producers.sdk.lanes.lanes import Lanes
from producers.sdk.lanes.loads import Call, Load
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.memory import even_shards
from producers.sdk.stream import Record

ONE = ShardMap(even_shards(1))


def load(*lines: str, deadline: float = inf) -> Load:
    """Of each line the part before the colon is its key."""
    return Load([line.split(":")[0].encode() for line in lines], [line.encode() for line in lines], deadline=deadline)


def takes(lanes: Lanes, now: float) -> Call:
    call = lanes.take(now)
    assert call is not None
    return call


def taken(lanes: Lanes, now: float = 0.0) -> list[Record]:
    call = lanes.take(now)
    return [] if call is None else list(call.records)


def with_map(*, ordered: bool = False, limit: int = 51_200, shards: ShardMap = ONE) -> Lanes:
    lanes = Lanes(aggregate_bytes=limit, ordered=ordered)
    lanes.remap(shards)
    return lanes
