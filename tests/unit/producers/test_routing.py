"""A key finds the shard that Kinesis finds for it, whatever splits and merges made of the ranges."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.joined import Joined
from producers.sdk.lanes.routing import HASHES, ShardMap
from producers.sdk.stream import Shard

pytestmark = pytest.mark.unit

BOUNDS = st.sets(
    st.one_of(
        st.integers(1, HASHES - 1),
        st.integers(1, 255).map(lambda byte: byte << 120),  # just where the first byte changes
        st.integers(1, 255).map(lambda byte: (byte << 120) - 1),
    ),
    max_size=12,
)


def shards(*bounds: int) -> list[Shard]:
    """Shards that begin at 0 and at each bound."""
    firsts = [0, *sorted(bounds)]
    lasts = [first - 1 for first in firsts[1:]] + [HASHES - 1]
    return [Shard(f"shardId-{n}", first, last) for n, (first, last) in enumerate(zip(firsts, lasts, strict=True))]


def owner(of: list[Shard], value: int) -> Shard:
    [found] = [shard for shard in of if shard.first_hash <= value <= shard.last_hash]
    return found


def hash_of(key: bytes) -> int:
    return int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest(), "big")


@given(bounds=BOUNDS, keys=st.lists(st.binary(min_size=1, max_size=40), max_size=30), order=st.randoms())
def test_a_key_goes_to_the_shard_whose_range_holds_its_md5(bounds: set[int], keys: list[bytes], order: object) -> None:
    given_shards = shards(*bounds)
    order.shuffle(shuffled := list(given_shards))  # type: ignore[attr-defined]

    found = ShardMap(shuffled)

    assert found.shards == tuple(given_shards)
    assert [found.shards[found.lane(key)] for key in keys] == [owner(given_shards, hash_of(key)) for key in keys]
    expected = [
        [n for n, key in enumerate(keys) if owner(given_shards, hash_of(key)) == shard] for shard in given_shards
    ]
    assert [list(places) for places in found.by_lane(Joined.of(keys))] == expected
    assert [list(places) for places in found.by_lane_in_python(Joined.of(keys))] == expected


@given(keys=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5))
def test_a_boundary_at_the_very_hash_of_a_key_is_kept_exactly(keys: list[bytes]) -> None:
    bounds = {bound for key in keys for bound in (hash_of(key), hash_of(key) + 1) if 0 < bound < HASHES}

    found = ShardMap(shards(*bounds))

    owners = [owner(shards(*bounds), hash_of(key)) for key in keys]
    assert [found.shards[found.lane(key)] for key in keys] == owners
    for by_lane in (found.by_lane, found.by_lane_in_python):
        places = {
            place: shard for shard, lane in zip(found.shards, by_lane(Joined.of(keys)), strict=True) for place in lane
        }
        assert [places[place] for place in range(len(keys))] == owners


def test_one_shard_takes_everything() -> None:
    found = ShardMap([Shard("only", 0, HASHES - 1)])

    assert {found.lane(b"a"), found.lane(b"b")} == {0}


@pytest.mark.parametrize(
    ("ranges", "why"),
    [
        ([], "without open shards"),
        ([(1, HASHES - 1)], "do not hold all hashes"),
        ([(0, HASHES - 2)], "do not hold all hashes"),
        ([(0, 9), (11, HASHES - 1)], "no neighbours"),
        ([(0, 10), (10, HASHES - 1)], "no neighbours"),
        ([(0, HASHES - 1), (0, HASHES - 1)], "no neighbours"),
        ([(0, 9), (20, 10), (10, HASHES - 1)], "ends before it begins"),
    ],
)
def test_ranges_that_leave_a_hash_without_its_one_shard_are_refused(ranges: list[tuple[int, int]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ShardMap([Shard(f"shardId-{n}", *ends) for n, ends in enumerate(ranges)])
