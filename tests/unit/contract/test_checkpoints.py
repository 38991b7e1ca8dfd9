"""Checkpoints come back as they were written, and nothing else is taken for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.checkpoints import Checkpoint, encode_checkpoint, parse_checkpoint
from contract.judge import Refused, judge
from contract.ranges import Ranges
from tests.strategies import PLAUSIBLE, generated_lines

pytestmark = pytest.mark.unit

LAST = Checkpoint(
    producer_id="web-1", number=3, accepted=1_200, at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC), final=True
)
LINE = (
    b'{"checkpoint":{"producer_id":"web-1","number":3,"accepted":1200,"at":"2026-11-23T09:30:00.000Z","final":true}}\n'
)


def test_a_checkpoint_is_one_line() -> None:
    assert encode_checkpoint(LAST) == LINE
    assert parse_checkpoint(LINE) == LAST
    assert parse_checkpoint(LINE.removesuffix(b"\n")) == LAST


def test_numbers_that_were_withdrawn_stand_at_the_end() -> None:
    checkpoint = replace(LAST, withdrawn=Ranges.of([4, 7, 8, 9]))
    line = LINE.replace(b"true", b'true,"withdrawn":"4,7-9"')

    assert encode_checkpoint(checkpoint) == line
    assert parse_checkpoint(line) == checkpoint


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("4,,7-", [4]), ("9-7,5", [5]), ("-", []), ("1--2,3", [3]), ("0,012,6", [6]), ("1" * 5_000 + ",2", [2])],
)
def test_what_cannot_be_read_of_the_withdrawn_numbers_excuses_none(text: str, numbers: list[int]) -> None:
    line = LINE.replace(b"true", b'true,"withdrawn":"%b"' % text.encode())

    assert parse_checkpoint(line) == replace(LAST, withdrawn=Ranges.of(numbers))


@given(
    producer_id=st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True),
    number=st.integers(1, 10**15 - 1),
    accepted=st.integers(0, 10**15 - 1),
    ms=st.integers(0, 4_000_000_000_000),
    final=st.booleans(),
    withdrawn=st.builds(Ranges.of, st.sets(st.integers(1, 10**15 - 1), max_size=5)),
)
def test_any_checkpoint_comes_back(ms: int, **fields: Any) -> None:
    checkpoint = Checkpoint(at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms), **fields)

    assert parse_checkpoint(encode_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace(b"web-1", b"web 1"),
        LINE.replace(b'"number":3', b'"number":0'),
        LINE.replace(b'"number":3', b'"number":"3"'),
        LINE.replace(b"1200", b"-1"),
        LINE.replace(b"1200", b"01"),
        LINE.replace(b"09:30", b"24:30"),
        LINE.replace(b"true", b"1"),
        LINE.replace(b",", b", "),
        LINE.replace(b"true", b'true,"withdrawn":""'),
        LINE.replace(b"true", b'true,"withdrawn":"a"'),
        LINE.replace(b"}}", b"}"),
        LINE.replace(b"web-1", b"web-\xff"),
        b" " + LINE,
        LINE + LINE,
        b"",
    ],
)
def test_anything_else_is_none(line: bytes) -> None:
    assert parse_checkpoint(line) is None


def test_a_checkpoint_is_no_event_and_no_event_is_a_checkpoint() -> None:
    assert isinstance(judge(encode_checkpoint(replace(LAST, final=False)), PLAUSIBLE), Refused)
    assert [line for line in generated_lines(seed=5, n=1_000) if parse_checkpoint(line)] == []
