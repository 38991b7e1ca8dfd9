"""Which shard a partition key belongs to, by the stream's real hash ranges."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from contract import native
from contract.joined import Joined
from producers.sdk.stream import Shard

_md5: Callable[[bytes], Any]
try:  # takes half the time of OpenSSL's for a key; not every Python has it
    from _md5 import md5 as _md5  # type: ignore[import-not-found, no-redef, unused-ignore]
except ImportError:
    _md5 = partial(hashlib.md5, usedforsecurity=False)

HASHES = 2**128
_SEVERAL = -1
_native = native.load()


class ShardMap:
    """The open shards of a stream, in the order of their hashes; a shard's place in it is its lane."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        """In any order. Raises ValueError where a hash has no shard, or more than one."""
        self.shards = tuple(sorted(shards, key=lambda shard: shard.first_hash))
        _refuse_gaps(self.shards)
        self._lasts = [shard.last_hash.to_bytes(16, "big") for shard in self.shards]
        self._by_first_byte = [self._lane_of_first_byte(byte) for byte in range(256)]

    def lane(self, key: bytes) -> int:
        """Of a partition key's UTF-8."""
        digest: bytes = _md5(key).digest()
        lane = self._by_first_byte[digest[0]]
        return bisect_left(self._lasts, digest) if lane == _SEVERAL else lane

    def by_lane(self, keys: Joined) -> Sequence[array[int]]:
        """The places of the keys, lane by lane, in their order. Quicker than to ask for each key."""
        return self.by_lane_in_python(keys) if _native is None else _native.by_lane(keys, self._lasts)

    def by_lane_in_python(self, keys: Joined) -> Sequence[array[int]]:
        """The same where nothing was compiled."""
        found = [array("I") for _ in self.shards]
        adds = [None if lane == _SEVERAL else found[lane].append for lane in self._by_first_byte]
        for place, key in enumerate(keys):
            digest = _md5(key).digest()
            add = adds[digest[0]] or found[bisect_left(self._lasts, digest)].append
            add(place)
        return found

    def _lane_of_first_byte(self, byte: int) -> int:
        first = bisect_left(self._lasts, bytes([byte]) + bytes(15))
        last = bisect_left(self._lasts, bytes([byte]) + b"\xff" * 15)
        return first if first == last else _SEVERAL


def _refuse_gaps(shards: Sequence[Shard]) -> None:
    if not shards:
        raise ValueError("a stream without open shards")
    for shard in shards:
        if shard.first_hash > shard.last_hash:
            raise ValueError(f"{shard.id} ends before it begins")
    if shards[0].first_hash != 0 or shards[-1].last_hash != HASHES - 1:
        raise ValueError(f"{shards[0].id} to {shards[-1].id} do not hold all hashes")
    for one, other in pairwise(shards):
        if one.last_hash + 1 != other.first_hash:
            raise ValueError(f"{one.id} and {other.id} are no neighbours: a hash between them has none or both")
