"""Records to lines with places, the same at every reading."""

from __future__ import annotations

import pytest

from consumers.realtime.lines import Line, lines_of
from tests.factories import NOW
from tests.support.realtime_world import aggregated, record

pytestmark = pytest.mark.unit

AT = NOW.timestamp()


def test_a_record_is_usually_one_line() -> None:
    assert list(lines_of([record(7, b'{"a":1}\n'), record(9, b'{"b":2}')])) == [
        Line(7, 0, AT, b'{"a":1}'),
        Line(9, 0, AT, b'{"b":2}'),
    ]


def test_records_packed_in_one_and_lines_in_a_record_are_numbered_through() -> None:
    assert list(lines_of([record(7, aggregated(b"a\nb\n", b"c\n"))])) == [
        Line(7, 0, AT, b"a"),
        Line(7, 1, AT, b"b"),
        Line(7, 2, AT, b"c"),
    ]


def test_blank_lines_are_nothing_and_have_no_number() -> None:
    assert list(lines_of([record(7, b"\n \t\r\na\n\nb\r\n")])) == [Line(7, 0, AT, b"a"), Line(7, 1, AT, b"b\r")]


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t", aggregated(b"\n", b" \n")])
def test_a_record_without_a_line_has_a_place_all_the_same(data: bytes) -> None:
    assert list(lines_of([record(7, data)])) == [Line(7, 0, AT, b"")]


def test_a_record_that_cannot_be_taken_apart_is_one_line_with_the_reason() -> None:
    damaged = aggregated(b"a", b"b")[:-1] + b"\x00"

    [line] = lines_of([record(7, damaged)])

    assert (line.sequence, line.sub, line.data) == (7, 0, damaged)
    assert line.damage == "the aggregated record's checksum does not match its bytes"
