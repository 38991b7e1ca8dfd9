"""The codec's quick look at a line lets nothing through that the judge refuses, and sees our own lines."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import msgspec
import pytest

from contract import codec
from contract.codec import Event, Plausible, decode, encode
from contract.errors import InvalidEvent
from contract.judge import Refused, judge
from contract.times import parse_instant
from tests.bad_lines import _BAD_INSTANTS
from tests.factories import event
from tests.good_lines import event_values, tame

pytestmark = pytest.mark.unit

ANY_TIME = Plausible(datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def by_judge(line: bytes) -> str | Event:
    verdict = judge(line, ANY_TIME)
    return verdict.rule.id if isinstance(verdict, Refused) else msgspec.convert(verdict, Event)


def by_codec(line: bytes) -> str | Event:
    try:
        return decode(line, ANY_TIME)
    except InvalidEvent as error:
        return error.rule


TIMES = (
    *_BAD_INSTANTS,
    *("2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z", "2026-W4-1T00:00:00Z", "2026-1--01T00:00:00Z"),
    *("2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T0a:00:00Z"),
    *("20+6-01-01T00:00:00Z", "2026-01-01T00:-1:00Z", "2026-01-01T00: 1:00Z", "20\u0662\u0666-01-01T00:00:00Z"),
    *("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.123456Z", "1999-12-31T23:59:59.999Z", "2099-02-28T00:00:00Z"),
    *("2026-01-01T00:00:00,250Z", "2026-01-01T000000.2500000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:00:00.25Z0"),
    *("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.5+05:30", '20",-01-01T00:00:00Z'),
)


@pytest.mark.parametrize("field", ["occurred_at", "sent_at", "received_at"])
@pytest.mark.parametrize("time", TIMES)
def test_both_take_and_refuse_the_same_times(field: str, time: str) -> None:
    line = encode(event(**{field: time})).rstrip(b"\n").replace(b'\\"', b'"')

    assert by_codec(line) == by_judge(line)


@pytest.mark.parametrize("character", [chr(code) for code in (*range(0x21), 0x22, 0x5C, 0x7F, 0x85, 0x2028, 0xFFFD)])
def test_both_judge_every_odd_character_alike(character: str) -> None:
    [before, after] = encode(event(item_id="i-HERE-1", properties={"a": "x"})).rstrip(b"\n").split(b"HERE")
    line = before + character.encode() + after

    assert by_codec(line) == by_judge(line)


@pytest.mark.parametrize("escape", ["\\u007c", "\\u0041", "\\n", '\\"', "\\ud83d", "\\ud83d\\ude00", "\\x"])
def test_both_judge_escapes_alike_also_of_what_is_not_allowed_there(escape: str) -> None:
    line = encode(event(impression=("i-HERE",), item_id="HERE")).rstrip(b"\n").replace(b"HERE", escape.encode())

    assert by_codec(line) == by_judge(line)


def test_a_line_of_our_encoder_takes_the_quick_way() -> None:
    rng = Random(7)
    values = [tame(event_values(rng)) for _ in range(400)]
    times = dict.fromkeys(("occurred_at", "sent_at", "received_at"), "2026-02-03T04:05:06.789Z")
    lines = [encode(msgspec.convert({**each, **times}, Event)).rstrip(b"\n") for each in values]
    judged = [line for line in lines if isinstance(by_judge(line), Event) and b"\\" not in line]

    assert len(judged) > 300
    assert [line for line in judged if codec._decode_open(line)[0] is None] == []
    assert [line for line in judged if not codec._decode_open(line)[1]] == []


def test_a_time_that_is_spoilt_anywhere_is_judged_alike() -> None:
    rng = Random(8)
    good = ("2026-11-23T09:30:00.250Z", "2026-11-23T09:30:00Z")
    spoilt = {spoil(rng.choice(good), rng) for _ in range(20_000)}

    differ = [at for at in spoilt if is_taken_quickly(at) and not is_instant(at)]

    assert differ == []
    assert sum(map(is_taken_quickly, spoilt)) > 300


def spoil(at: str, rng: Random) -> str:
    letters = list(at)
    for _ in range(rng.randint(1, 2)):
        letters[rng.randrange(len(letters))] = rng.choice("0123456789+-:.,TZ W\u0662/")
    return "".join(letters)


def is_taken_quickly(at: str) -> bool:
    try:
        return codec._is_usual_instant(at) and datetime.fromisoformat(at) is not None
    except ValueError:
        return False


def is_instant(at: str) -> bool:
    try:
        return parse_instant(at) is not None
    except ValueError:
        return False
