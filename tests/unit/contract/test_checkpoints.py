"""Checkpoints come back as they were written, and nothing else is taken for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.checkpoints import Checkpoint, encode_checkpoint, parse_checkpoint
from contract.judge import Refused, judge
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


@given(
    producer_id=st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True),
    number=st.integers(1, 10**15 - 1),
    accepted=st.integers(0, 10**15 - 1),
    ms=st.integers(0, 4_000_000_000_000),
    final=st.booleans(),
)
def test_any_checkpoint_comes_back(producer_id: str, number: int, accepted: int, ms: int, final: bool) -> None:  # noqa: FBT001
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    checkpoint = Checkpoint(producer_id=producer_id, number=number, accepted=accepted, at=at, final=final)

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
