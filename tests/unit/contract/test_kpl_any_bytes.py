"""Whatever bytes come, the reader of aggregates finds what protobuf finds, or refuses them whole."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.kpl import DamagedAggregate, deaggregate, payloads
from tests.fuzz.aggregates import check
from tests.support.kpl_messages import Given, by_protobuf, sealed

pytestmark = pytest.mark.unit

# What a reader meets at field boundaries: tags and lengths, right and wrong.
PIECES = st.sampled_from(
    [bytes([number]) for number in (0x00, 0x08, 0x09, 0x0A, 0x0B, 0x10, 0x12, 0x1A, 0x22, 0x25, 0x7F, 0x80, 0x81, 0xFF)]
    + [b"\x0a\x01k", b"\x12\x017", b"\x1a\x05\x08\x00\x1a\x01x", b"\x1a\x07\x08\x00\x10\x00\x1a\x01x", b"\x80" * 9]
)
RECORDS = st.lists(
    st.tuples(st.sampled_from(["u-1", "u-2", "ä"]), st.binary(max_size=150), st.none() | st.just("7")),
    min_size=1,
    max_size=6,
)
CHANGES = st.lists(st.tuples(st.integers(0), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=3)

ONE = b"\x0a\x01k\x1a\x05\x08\x00\x1a\x01x"
FOUND = [  # by the fuzzer
    ONE + b"\x00\x00",  # a field of number 0
    b"\x0a\x01k\x1a" + b"\x80" * 11 + b"\x05",  # a length of more than ten bytes
    b"\x0a\x01k\x1a\x10\x08" + b"\x80" * 11 + b"\x00\x1a\x01x",  # a key's number of more than ten bytes
]


@given(body=st.lists(PIECES | st.binary(max_size=4), max_size=12).map(b"".join))
@example(ONE)
def test_any_pieces(body: bytes) -> None:
    check(body)


@given(records=RECORDS, changes=CHANGES)
def test_aggregates_with_bytes_replaced_removed_or_added(
    records: list[Given], changes: Sequence[tuple[int, int, bytes]]
) -> None:
    body = by_protobuf(records)[4:-16]
    for place, removed, added in changes:
        at = place % (len(body) + 1)
        body = body[:at] + added + body[at + removed :]

    check(body)


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize("body", FOUND)
def test_what_the_fuzzer_found_is_refused(body: bytes) -> None:
    check(body)
    with pytest.raises(DamagedAggregate, match="not well-formed"):
        deaggregate(sealed(body))
    with pytest.raises(DamagedAggregate, match="not well-formed"):
        payloads(sealed(body))
