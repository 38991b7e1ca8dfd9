"""Several lines read at once: never another event than line by line, and none that would be refused."""

from __future__ import annotations

import re

import pytest

from contract.codec import Event, decode, encode, read, read_several
from contract.errors import InvalidEvent
from contract.events import MAX_LINE_BYTES
from tests.factories import event
from tests.strategies import PLAUSIBLE, generated_lines

pytestmark = pytest.mark.unit

AT = "2026-11-22T09:30:00.250Z"
FIRST, LAST = (encode(event(event_id=name, occurred_at=AT)).rstrip() for name in ("first", "last"))


def of_usual_time(line: bytes) -> bytes:
    return re.sub(rb'"(occurred_at|sent_at|received_at)":"[^"]*"', rb'"\1":"%b"' % AT.encode(), line)


def alone(line: bytes) -> tuple[Event | None, bool]:
    try:
        return read(line, PLAUSIBLE)
    except InvalidEvent:
        return None, False


def test_a_line_among_others_is_what_it_is_alone_or_left_to_who_looks_closer() -> None:
    lines = generated_lines(seed=11, n=3_000)

    known = [(line, read_several([FIRST, line, LAST], PLAUSIBLE)[1]) for line in [*lines, *map(of_usual_time, lines)]]

    assert [line for line, found in known if found is not None and alone(line) != (found, True)] == []
    assert sum(found is not None for _, found in known) > 100


def test_canonical_lines_are_known_all() -> None:
    lines = [line for line in map(of_usual_time, generated_lines(seed=12, n=2_000)) if alone(line)[1]]

    found = read_several(lines, PLAUSIBLE)

    assert [one for one in found if one is not None] == [decode(line, PLAUSIBLE) for line in lines]
    assert len(lines) > 50


@pytest.mark.parametrize(
    "other",
    [
        b"{}",
        b"\xff",
        b"[" * 5_000,
        FIRST + b"\n" + LAST,
        FIRST + b" ",
        FIRST.replace(b'"view"', b'"vi\\u0065w"'),
        b'{"event_id":"a",' + FIRST[1:],
        encode(event(properties={f"p{n}": "€" * 1_000 for n in range(MAX_LINE_BYTES // 3_000 + 1)})).rstrip(),
    ],
    ids=["no event", "no text", "deep", "two lines", "a space", "an escape", "a key twice", "too long"],
)
def test_where_one_is_not_canonical_none_is_known(other: bytes) -> None:
    assert read_several([FIRST, other, LAST], PLAUSIBLE) == [None] * 3
    assert read_several([other, FIRST, LAST], PLAUSIBLE) == [None] * 3


def test_only_who_breaks_a_rule_is_not_known() -> None:
    early = encode(event(occurred_at="1900-01-01T00:00:00Z")).rstrip()
    odd = encode(event(occurred_at="2026-11-22T09:30:00.2Z")).rstrip()

    found = read_several([FIRST, early, odd, LAST], PLAUSIBLE)

    assert [one and one.event_id for one in found] == ["first", None, None, "last"]
