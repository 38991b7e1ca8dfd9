"""What we pack is what protobuf writes, to the byte and within the limit, and every reader finds it all."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import native
from contract.joined import Joined
from contract.kpl import MAGIC, SubRecord, deaggregate, payloads
from contract.kpl_write import Aggregate, alone, pack, pack_in_python, pack_picked
from contract.native import Picked
from tests.support.kpl_messages import Given, by_protobuf

pytestmark = pytest.mark.unit

KEYS = st.one_of(
    st.sampled_from(["u-1", "u-2", "u-3"]),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
    st.sampled_from(["k" * 127, "k" * 128, "é" * 256]),
)
DATA = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([0, 121, 122, 123, 124, 127, 128, 2_047, 2_048, 16_383, 16_384]).map(bytes),
    st.binary(max_size=30).map(MAGIC.__add__),
)
HASH_KEYS = st.none() | st.sampled_from(["0", "7"]) | st.integers(0, 2**128 - 1).map(str)
RECORDS = st.lists(st.tuples(KEYS, DATA, HASH_KEYS), min_size=1, max_size=40)
Packs = Callable[[Sequence[bytes], Sequence[bytes], int], Iterator[tuple[bytes, int]]]
LIMITS = st.integers(0, 2_000) | st.just(51_200)


def pack_in_c(keys: Sequence[bytes], data: Sequence[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    compiled = native.load()
    assert compiled is not None
    return compiled.pack([(Joined.of(keys), Joined.of(data), array("I", range(len(keys))))], limit)


in_c_and_in_python = pytest.mark.parametrize("packs", [pack_in_c, pack_in_python])


def expected(records: Sequence[Given]) -> bytes:
    [(_, first, _), *others] = records
    return by_protobuf(records) if others or first.startswith(MAGIC) else first


def packed_one_by_one(records: Sequence[Given], limit: int) -> list[tuple[bytes, int]]:
    aggregate, found = Aggregate(limit), []
    for key, data, hashed in records:
        if not aggregate.add(key.encode(), data, hashed):
            count = aggregate.count
            found.append((aggregate.close(), count))
            assert aggregate.add(key.encode(), data, hashed)
    count = aggregate.count
    return [*found, (aggregate.close(), count)]


@given(records=RECORDS)
def test_an_aggregate_is_what_protobuf_writes_and_its_size_is_known_before(records: list[Given]) -> None:
    aggregate = Aggregate(10**9)
    for number, (key, data, hashed) in enumerate(records, 1):
        assert aggregate.add(key.encode(), data, hashed)
        assert (aggregate.count, aggregate.size) == (number, len(expected(records[:number])))

    assert aggregate.close() == expected(records)
    assert (aggregate.count, aggregate.size, aggregate.close()) == (0, 0, b"")


@given(records=RECORDS, limit=LIMITS)
def test_aggregates_are_full_and_within_the_limit(records: list[Given], limit: int) -> None:
    found = packed_one_by_one(records, limit)

    ends = list(accumulate(count for _, count in found))
    for (data, count), end in zip(found, ends, strict=True):
        assert data == expected(records[end - count : end])
        assert count == 1 or len(data) <= limit
        if end < len(records):  # the next one did not fit
            assert len(by_protobuf(records[end - count : end + 1])) > limit
    assert ends[-1] == len(records)


@in_c_and_in_python
@given(records=RECORDS, limit=LIMITS)
def test_packing_many_at_once_is_packing_one_by_one(packs: Packs, records: list[Given], limit: int) -> None:
    plain: list[Given] = [(key, data, None) for key, data, _ in records]

    found = list(packs([key.encode() for key, _, _ in plain], [data for _, data, _ in plain], limit))

    assert found == packed_one_by_one(plain, limit)


@in_c_and_in_python
@pytest.mark.parametrize("limit", [700, 51_200, 1_000_000])
@pytest.mark.parametrize("keys", [3, 90, 200, 100_000])
def test_packing_thousands_at_once_is_packing_one_by_one(packs: Packs, keys: int, limit: int) -> None:
    chance = Random(keys + limit)
    records: list[Given] = [
        (f"key-{chance.randrange(keys)}", chance.randbytes(chance.randrange(500)), None) for _ in range(3_000)
    ]

    found = list(packs([key.encode() for key, _, _ in records], [data for _, data, _ in records], limit))

    assert found == packed_one_by_one(records, limit)


@in_c_and_in_python
@given(records=st.lists(st.tuples(KEYS, DATA, st.none()), min_size=2, max_size=12))
def test_records_that_fill_the_limit_to_the_byte_share_an_aggregate(packs: Packs, records: list[Given]) -> None:
    keys, data = [key.encode() for key, _, _ in records], [data for _, data, _ in records]
    size = len(by_protobuf(records))

    assert list(packs(keys, data, size)) == packed_one_by_one(records, size) == [(by_protobuf(records), len(records))]
    assert len(list(packs(keys, data, size - 1))) == len(packed_one_by_one(records, size - 1)) == 2


@given(records=RECORDS, limit=LIMITS, all_at_once=st.booleans(), chance=st.randoms())
def test_packing_some_of_several_that_came_together_is_packing_those(
    *, records: list[Given], limit: int, all_at_once: bool, chance: Random
) -> None:
    picked: list[Picked] = []
    chosen: list[Given] = []
    for key, data, _ in records * chance.choice([1, 30]):  # each among others that are not meant
        others = [(b"other", b"not meant")] * chance.randrange(3)
        place = len(others)
        load = [*others, (key.encode(), data), *others, (key.encode(), data)]
        picked.append(
            (Joined.of([k for k, _ in load]), Joined.of([d for _, d in load]), array("I", [place, len(load) - 1]))
        )
        picked.append((Joined.of([b"k"]), Joined.of([b"d"]), array("I")))
        chosen += [(key, data, None)] * 2

    assert list(pack_picked(picked, limit, all_at_once=all_at_once)) == packed_one_by_one(chosen, limit)


@given(records=RECORDS)
def test_our_reader_finds_what_was_packed(records: list[Given]) -> None:
    data, _ = packed_one_by_one(records, 10**9)[0]

    if len(records) == 1 and not records[0][1].startswith(MAGIC):
        assert (deaggregate(data), payloads(data)) == (None, None)
    else:
        assert deaggregate(data) == [SubRecord(key, hashed, data) for key, data, hashed in records]
        assert payloads(data) == [data for _, data, _ in records]


@in_c_and_in_python
@pytest.mark.parametrize("keys", [128, 129, 16_400])
def test_keys_whose_numbers_take_two_bytes_or_three_are_numbered_as_protobuf_does(packs: Packs, keys: int) -> None:
    records: list[Given] = [(f"{number}", b"x", None) for number in range(keys)]

    found = list(packs([key.encode() for key, _, _ in records], [data for _, data, _ in records], 10**9))

    assert found == [(by_protobuf(records), keys)]


@in_c_and_in_python
def test_no_records_make_no_aggregate(packs: Packs) -> None:
    assert list(packs([], [], 51_200)) == []


def test_a_key_for_each_record_is_needed() -> None:
    with pytest.raises(ValueError, match="1 keys for 2 records"):
        list(pack([b"u-1"], [b"one", b"two"], 51_200))


def test_a_record_alone_is_its_data_but_wrapped_where_it_would_be_taken_for_an_aggregate() -> None:
    forged, _ = packed_one_by_one([("u-1", b"not mine", None), ("u-2", b"nor this", None)], 10**9)[0]

    assert alone(b"u-3", b"one") == b"one"
    assert alone(b"u-3", forged, "7") == by_protobuf([("u-3", forged, "7")])
    assert deaggregate(alone(b"u-3", forged)) == [SubRecord("u-3", None, forged)]
