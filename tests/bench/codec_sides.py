"""The sides of the codec benchmark, in one process of build/peers: `python -m tests.bench.codec_sides ROUNDS`."""

from __future__ import annotations

import gc
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import median
from uuid import UUID

from pybase64 import b64decode, b64encode

from contract.joined import Joined
from contract.kpl import deaggregate, payloads
from contract.kpl_write import pack, pack_picked
from contract.native import Picked
from producers.sdk.lanes import routing
from producers.sdk.lanes.routing import HASHES, ShardMap
from producers.sdk.stream import Shard
from tests.bench import codec_peers as peers

EVENTS = 50_000
LIMIT = 51_200
LOAD = 5_000
SHARDS = [Shard(f"shardId-{n:012}", HASHES * n // 4, HASHES * (n + 1) // 4 - 1) for n in range(4)]

Side = Callable[[], int]  # how many events it worked through


def aggregate(keys: Sequence[bytes], events: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
    return pack(keys, events, LIMIT)


def routed(keys: Sequence[bytes], events: Sequence[bytes], shards: ShardMap) -> Iterator[tuple[bytes, int]]:
    """An aggregate holds one shard's keys. Routed load by load, as the producer does."""
    lanes: list[list[Picked]] = [[] for _ in shards.shards]
    for at in range(0, len(keys), LOAD):
        of_keys, of_events = Joined.of(keys[at : at + LOAD]), Joined.of(events[at : at + LOAD])
        for lane, places in zip(lanes, shards.by_lane(of_keys), strict=True):
            lane.append((of_keys, of_events, places))
    for lane in lanes:
        yield from pack_picked(lane, LIMIT)


def apart(encoded: Sequence[bytes]) -> int:
    """As the realtime consumer does."""
    return sum(len(payloads(b64decode(each, validate=True)) or ()) for each in encoded)


def _counted(packed: Iterator[tuple[bytes, int]]) -> int:
    return sum(count for _, count in packed)


def _copied(events: Sequence[bytes]) -> int:
    """Into aggregates, with their checksum: what no writer gets around."""
    for at in range(0, len(events), 120):
        hashlib.md5(b"".join(events[at : at + 120]), usedforsecurity=False).digest()
    return len(events)


def _copied_and_hashed(keys: Sequence[bytes], events: Sequence[bytes]) -> int:
    for key in keys:
        routing._md5(key).digest()
    return _copied(events)


def _decoded_and_cut(encoded: Sequence[bytes], ends: Sequence[Sequence[slice]]) -> int:
    """Base64, the checksum, and each event cut out at a place known before: what no reader gets around."""
    count = 0
    for each, places in zip(encoded, ends, strict=True):
        data = b64decode(each, validate=True)
        hashlib.md5(data, usedforsecurity=False).digest()
        count += len([data[place] for place in places])
    return count


def _places(data: bytes) -> list[slice]:
    found, at = [], 0
    for event in payloads(data) or ():
        at = data.index(event, at)
        found.append(slice(at, at + len(event)))
    return found


def sides(keys: Sequence[bytes], events: Sequence[bytes]) -> dict[str, Side]:
    shards, their_shards = ShardMap(SHARDS), peers.aiokpl_shards(SHARDS)
    texts = [key.decode() for key in keys]
    packed = [data for data, _ in aggregate(keys, events)]
    encoded = [b64encode(data) for data in packed]
    records = peers.lambda_records(encoded)
    places = [_places(data) for data in packed]
    return {
        "packed / ours": lambda: _counted(aggregate(keys, events)),
        "packed / aws_kinesis_agg": lambda: _counted(peers.by_aws_kinesis_agg(keys, events, LIMIT)),
        "packed / aiokpl": lambda: _counted(peers.by_aiokpl(texts, events, LIMIT)),
        "packed / protobuf": lambda: _counted(peers.by_protobuf(texts, events, LIMIT)),
        "packed / limit": lambda: _copied(events),
        "by shard / ours": lambda: _counted(routed(keys, events, shards)),
        "by shard / aiokpl": lambda: _counted(peers.by_aiokpl_routed(texts, events, LIMIT, their_shards)),
        "by shard / limit": lambda: _copied_and_hashed(keys, events),
        "apart / ours": lambda: apart(encoded),
        "apart / aws_kinesis_agg": lambda: len(peers.apart_by_aws_kinesis_agg(records)),
        "apart / aiokpl": lambda: len(peers.apart_by_aiokpl(encoded)),
        "apart / limit": lambda: _decoded_and_cut(encoded, places),
    }


def given(keys: int) -> tuple[list[bytes], list[bytes]]:
    """So many different keys; events of 372 bytes on average."""
    rng = Random(7)
    some = [str(UUID(int=rng.getrandbits(128))).encode() for _ in range(keys)]
    chosen = some if keys == EVENTS else [rng.choice(some) for _ in range(EVENTS)]
    return chosen, [rng.randbytes(rng.randrange(330, 415)).replace(b"\n", b" ") for _ in range(EVENTS)]


def _check(keys: Sequence[bytes], events: Sequence[bytes]) -> None:
    """All sides come to the same, ours and protobuf to the byte; ours holds one shard's keys an aggregate."""
    ours = list(aggregate(keys, events))
    texts = [key.decode() for key in keys]
    shards = ShardMap(SHARDS)
    by_lane = [
        {shards.lane(r.partition_key.encode()) for r in deaggregate(d) or ()} for d, _ in routed(keys, events, shards)
    ]
    encoded = [b64encode(data) for data, _ in ours]
    if (
        ours != list(peers.by_protobuf(texts, events, LIMIT))
        or {len(lanes) for lanes in by_lane} != {1}
        or [event for data, _ in ours for event in payloads(data) or ()] != list(events)
        or peers.apart_by_aws_kinesis_agg(peers.lambda_records(encoded)) != list(events)
        or peers.apart_by_aiokpl(encoded) != list(events)
    ):
        raise AssertionError("the sides do not come to the same")


def _rate(side: Side) -> float:
    """Thousands a second of CPU time."""
    gc.collect()
    began = time.process_time()
    count = side()
    seconds = time.process_time() - began
    if count != EVENTS:
        raise AssertionError(f"{count} of {EVENTS} events")
    return count / seconds / 1_000


def main(rounds: int) -> None:
    found: dict[str, list[float]] = {}
    all_sides: dict[str, Side] = {}
    for name, number in (("UUID", EVENTS), ("1,000", 1_000)):
        keys, events = given(number)
        _check(keys, events)
        all_sides |= {f"{side} / {name}": work for side, work in sides(keys, events).items()}
    for number in range(1, rounds + 1):
        for name, side in all_sides.items():
            found.setdefault(name, []).append(_rate(side))
        sys.stderr.write(f"round {number} of {rounds}\n")
    json.dump({name: median(rates) for name, rates in found.items()}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
