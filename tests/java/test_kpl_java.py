"""AWS's Java consumers find in our aggregates what we put there, and we in those of its aggregator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from contract.kpl import MAGIC, SubRecord, deaggregate
from contract.kpl_write import Aggregate, alone, pack
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.memory import even_shards
from tests.java.gateways import machine, read_by_kcl_1, read_by_kcl_2, written_by_aggregator
from tests.support.kpl_messages import Given

pytestmark = pytest.mark.java

Read = Callable[..., list[SubRecord]]


@pytest.fixture(scope="module")
def kcl_1() -> Iterator[Any]:
    with machine("kcl-1") as java:
        yield java


@pytest.fixture(scope="module")
def kcl_2() -> Iterator[Any]:
    with machine("kcl-2") as java:
        yield java


@pytest.fixture(params=["kcl_1", "kcl_2"])
def read(request: pytest.FixtureRequest) -> Read:
    java = request.getfixturevalue(request.param)
    by = {"kcl_1": read_by_kcl_1, "kcl_2": read_by_kcl_2}[request.param]
    return lambda *given: by(java, *given)


def some(seed: int) -> list[Given]:
    """At least two: one alone is sent plain."""
    rng = Random(seed)
    return [
        (
            rng.choice(["u-1", "u-2", "käse", "k" * 200, f"u-{rng.random()}"]),
            rng.randbytes(rng.choice([1, 5, 127, 128, 372, 3_000, 20_000])),
            rng.choice([None, None, "0", str(rng.getrandbits(128))]),
        )
        for _ in range(rng.randrange(2, 200))
    ]


def packed(records: list[Given]) -> bytes:
    aggregate = Aggregate(10**9)
    for key, data, hash_key in records:
        aggregate.add(key.encode(), data, hash_key)
    return aggregate.close()


def as_read(records: list[Given]) -> list[SubRecord]:
    return [SubRecord(key, hash_key, data) for key, data, hash_key in records]


@pytest.mark.parametrize("seed", range(10))
def test_java_consumers_find_all_records(read: Read, seed: int) -> None:
    records = some(seed)

    assert read(records[0][0], packed(records)) == as_read(records)


@pytest.mark.parametrize("seed", range(10))
def test_what_the_java_aggregator_writes_we_read_and_write_alike(kcl_1: Any, seed: int) -> None:
    rng = Random(seed)
    # It gives every record a hash key, of the partition key where none was given.
    records: list[Given] = [
        (f"u-{rng.randrange(50)}", rng.randbytes(rng.randrange(1, 900)), str(rng.getrandbits(128))) for _ in range(100)
    ]

    theirs = written_by_aggregator(kcl_1, records)

    assert deaggregate(theirs) == as_read(records)
    assert packed(records) == theirs


def test_java_consumers_drop_an_aggregate_that_spans_shards_and_none_of_ours_does(read: Read) -> None:
    shards = ShardMap(even_shards(4))
    rng = Random(7)
    records = [(f"user-{number}".encode(), rng.randbytes(372)) for number in range(1_000)]
    [(mixed, _)] = pack([key for key, _ in records], [data for _, data in records], 10**9)

    for lane, shard in enumerate(shards.shards):
        own = [(key, data) for key, data in records if shards.lane(key) == lane]
        key = own[0][0].decode()
        [(ours, _)] = pack([key for key, _ in own], [data for _, data in own], 10**9)

        assert read(key, ours, shard.first_hash, shard.last_hash) == [
            SubRecord(key.decode(), None, data) for key, data in own
        ]
        assert read(key, mixed, shard.first_hash, shard.last_hash) == []


def test_a_record_that_looks_like_an_aggregate_comes_out_as_it_went_in(read: Read) -> None:
    forged = packed([("u-1", b"not mine", None), ("u-2", b"nor this", None)])

    assert read("u-3", forged) == [SubRecord("u-1", None, b"not mine"), SubRecord("u-2", None, b"nor this")]
    assert read("u-3", alone(b"u-3", forged)) == [SubRecord("u-3", None, forged)]
    assert read("u-3", alone(b"u-3", MAGIC)) == [SubRecord("u-3", None, MAGIC)]
