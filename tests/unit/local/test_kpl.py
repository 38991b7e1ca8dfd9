"""Aggregated records come apart exactly as they were put together, and damaged ones are never trusted."""

import base64
import hashlib
from collections.abc import Sequence

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records
from hypothesis import given
from hypothesis import strategies as st

from contract.kpl import MAGIC, DamagedAggregate, SubRecord, deaggregate

pytestmark = pytest.mark.unit

KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
RECORDS = st.lists(st.tuples(KEYS, st.binary(min_size=1, max_size=300)), min_size=1, max_size=40)


def sealed(body: bytes) -> bytes:
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


def packed_by_peer(records: Sequence[tuple[str, bytes]]) -> bytes:
    aggregator = RecordAggregator()
    for key, data in records:
        aggregator.add_user_record(key, data)
    _, _, data = aggregator.clear_and_get().get_contents()
    return bytes(data)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def field(tag: int, value: bytes) -> bytes:
    return bytes([tag]) + varint(len(value)) + value


@given(records=RECORDS)
def test_what_the_peer_packed_comes_apart(records: list[tuple[str, bytes]]) -> None:
    unpacked = deaggregate(packed_by_peer(records))

    assert unpacked is not None
    assert [(record.partition_key, record.data) for record in unpacked] == records


@given(records=RECORDS)
def test_the_peer_and_we_read_the_same(records: list[tuple[str, bytes]]) -> None:
    data = packed_by_peer(records)
    envelope = {"data": base64.b64encode(data).decode(), "partitionKey": "a", "sequenceNumber": "1"}
    envelope |= {"kinesisSchemaVersion": "1.0", "approximateArrivalTimestamp": "1"}
    theirs = deaggregate_records([{"kinesis": envelope}])

    ours = deaggregate(data)

    assert ours is not None
    assert [(r.partition_key, r.data) for r in ours] == [
        (t["kinesis"]["partitionKey"], base64.b64decode(t["kinesis"]["data"])) for t in theirs
    ]


@given(data=st.binary(max_size=200))
def test_plain_bytes_are_no_aggregate(data: bytes) -> None:
    if not data.startswith(MAGIC):
        assert deaggregate(data) is None


def test_bytes_too_short_to_hold_a_checksum_are_plain() -> None:
    assert deaggregate(MAGIC + b"short") is None


@given(records=RECORDS, flip=st.integers(min_value=0))
def test_one_changed_bit_damages_the_whole_aggregate(records: list[tuple[str, bytes]], flip: int) -> None:
    data = bytearray(packed_by_peer(records))
    position = len(MAGIC) * 8 + flip % ((len(data) - len(MAGIC)) * 8)
    data[position // 8] ^= 1 << position % 8

    with pytest.raises(DamagedAggregate):
        deaggregate(bytes(data))


def test_fields_may_come_in_any_order_and_unknown_ones_are_skipped() -> None:
    tag = field(0x22, field(0x0A, b"name"))
    record = field(0x1A, b"payload") + b"\x10\x00" + b"\x08\x00" + tag
    body = field(0x1A, record) + field(0x0A, b"key") + field(0x12, b"123") + b"\x38\x05"

    assert deaggregate(sealed(body)) == [SubRecord("key", "123", b"payload")]


def test_a_tag_behind_the_data_is_not_part_of_it() -> None:
    tag = field(0x22, field(0x0A, b"name"))
    body = field(0x0A, b"key") + field(0x1A, b"\x08\x00" + field(0x1A, b"payload") + tag)

    assert deaggregate(sealed(body)) == [SubRecord("key", None, b"payload")]


@pytest.mark.parametrize(
    "body",
    [
        field(0x1A, b"\x08\x07" + field(0x1A, b"x")) + field(0x0A, b"key"),
        field(0x0A, b"key") + field(0x1A, field(0x1A, b"x")),
        field(0x0A, b"key") + field(0x1A, b"\x08\x00"),
        field(0x0A, b"key") + b"\x1a\x7fx",
        field(0x0A, b"\xff\xfe"),
        b"\x0b",
        b"\x08",
    ],
    ids=["no such key", "no key", "no data", "ends early", "key is no text", "wire type", "half a number"],
)
def test_a_malformed_aggregate_is_refused_although_its_checksum_is_right(body: bytes) -> None:
    with pytest.raises(DamagedAggregate, match="not well-formed"):
        deaggregate(sealed(body))
