"""The reader of payloads finds what the reader of whole records finds, and trusts nothing that the other does not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from hypothesis import given
from hypothesis import strategies as st

from contract import kpl
from contract.kpl import MAGIC, DamagedAggregate, deaggregate, payloads

pytestmark = pytest.mark.unit

KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
SIZES = st.one_of(
    st.integers(1, 300), st.sampled_from([127, 128, 129, 130, 131, 16_375, 16_377, 16_379, 16_383, 20_000])
)
RECORDS = st.lists(st.tuples(KEYS, SIZES), min_size=1, max_size=30)


def packed(records: Sequence[tuple[str, int]], seed: int = 0) -> bytes:
    """By the peer's library; random data of these sizes."""
    rng = Random(seed)
    aggregator = RecordAggregator()
    for key, size in records:
        aggregator.add_user_record(key, rng.randbytes(size))
    return bytes(aggregator.clear_and_get().get_contents()[2])


def sealed(body: bytes) -> bytes:
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


def by_whole_records(data: bytes) -> list[bytes] | str | None:
    try:
        records = deaggregate(data)
    except DamagedAggregate as error:
        return str(error)
    return None if records is None else [record.data for record in records]


def by_payloads(data: bytes) -> list[bytes] | str | None:
    try:
        return payloads(data)
    except DamagedAggregate as error:
        return str(error)


@given(records=RECORDS)
def test_both_readers_find_the_same_data(records: list[tuple[str, int]]) -> None:
    data = packed(records)

    assert by_payloads(data) == by_whole_records(data)
    assert isinstance(by_payloads(data), list)


@given(records=RECORDS, change=st.tuples(st.integers(0), st.integers(1, 255)))
def test_both_readers_judge_changed_bytes_alike_though_the_checksum_is_right(
    records: list[tuple[str, int]], change: tuple[int, int]
) -> None:
    body = bytearray(packed(records)[len(MAGIC) : -16])
    position, difference = change
    body[position % min(len(body), 400)] ^= difference  # among keys and the first records' headers

    assert by_payloads(sealed(bytes(body))) == by_whole_records(sealed(bytes(body)))


def varint(value: int) -> bytes:
    return bytes([value]) if value <= 127 else bytes([value & 127 | 128, value >> 7])


def field(tag: int, value: bytes) -> bytes:
    return bytes([tag]) + varint(len(value)) + value


def usual(index: int, data: bytes = bytes(200)) -> bytes:
    """A record as every producer writes it."""
    return field(0x1A, b"\x08" + varint(index) + field(0x1A, data))


KEY = field(0x0A, b"key")


@pytest.mark.parametrize(
    "body",
    [
        KEY + usual(0) + usual(0)[:-1],
        KEY + usual(0) + usual(0)[:150],
        KEY + usual(0)[:4],
        KEY[:-1],
        KEY + usual(1),
        KEY * 127 + usual(127),
        KEY * 130 + usual(131),
        usual(0) + KEY,
        field(0x0A, b"\xff\xfe") + usual(0),
        field(0x0A, "ä".encode() * 90) + usual(0),
        field(0x0A, b"k" * 200) + usual(0),
        KEY + field(0x12, b"1") + usual(0),
        KEY + field(0x1A, b"\x08\x00\x10\x00" + field(0x1A, bytes(200))),
        KEY + field(0x1A, b"\x08\x00" + field(0x1A, bytes(200)) + b"\x28\x01"),
        KEY + field(0x1A, b"\x08\x00" + field(0x22, bytes(200))),
        KEY + usual(0, bytes(9)) + usual(0),
    ],
)
def test_both_readers_judge_unusual_layouts_alike(body: bytes) -> None:
    assert by_payloads(sealed(body)) == by_whole_records(sealed(body))


@given(body=st.binary(max_size=80))
def test_both_readers_judge_any_bytes_alike(body: bytes) -> None:
    assert by_payloads(sealed(body)) == by_whole_records(sealed(body))
    assert by_payloads(MAGIC + body) == by_whole_records(MAGIC + body)
    assert by_payloads(body) == by_whole_records(body)


def test_what_producers_write_takes_the_quick_way() -> None:
    many = [(f"user-{number}", 200 + number) for number in range(300)]  # more than 127 keys have an index of two bytes

    assert kpl._payloads(packed(many)) == by_whole_records(packed(many))
