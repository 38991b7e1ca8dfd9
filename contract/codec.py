"""Bytes on the wire to events and back: the fast reader. Needs msgspec; Spark jobs do not carry it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from contract import text
from contract.errors import InvalidEvent
from contract.events import EVENT, IMPRESSION_MAX_CHARS, MAX_LINE_BYTES, NEEDS_ITEM, NEEDS_VALUE
from contract.generated.types import Consent, Context, Event
from contract.judge import Plausible, Refused, judge
from contract.rules import Reason

__all__ = ["Consent", "Context", "Event", "Plausible", "check", "decode", "encode", "read", "read_several"]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


class _Timed(Event, frozen=True, gc=False):
    """An event whose instants the decoder reads; it is only looked at."""

    occurred_at: datetime  # type: ignore[assignment]
    sent_at: datetime | None = None  # type: ignore[assignment]
    received_at: datetime | None = None  # type: ignore[assignment]


_timed_decoder = msgspec.json.Decoder(_Timed)
_is_canonical = re.compile(text.CANONICAL).match


def _remembering(name: str) -> Callable[[str], bool]:
    """Whether a text fits the pattern of this field; names are few, and asked again and again."""
    whole = re.compile(EVENT.field(name).pattern).fullmatch
    return lru_cache(10_000)(lambda value: whole(value) is not None)


class _Needs(NamedTuple):
    item: bool
    value: bool


@lru_cache(10_000)
def _needs(event_type: str) -> _Needs | None:
    """What an event of this type must have; None where there is no such type."""
    if _is_event_type(event_type) is None or event_type in _REFUSED_TYPES:
        return None
    return _Needs(event_type in NEEDS_ITEM, event_type in NEEDS_VALUE)


_is_event_type = re.compile(EVENT.field("event_type").pattern).fullmatch
_is_app_id = _remembering("app_id")
_is_producer_id, _is_property = _remembering("producer_id"), _remembering("properties")
_REFUSED_TYPES = EVENT.field("event_type").refused
_NO_IDENTITY = EVENT.field("user_id").refused
# A number of more digits than are allowed makes its line longer than the canonical one by 970 bytes; 51 others written
# more shortly than ours are (1e15 for 1000000000000000.0) save 14 each at most.
_LEAST_OF_TOO_LONG_A_NUMBER = 200
_WIDE = 2.0**53
_MILLISECONDS = len("2026-11-23T09:30:00.000Z")


def encode(event: Event) -> bytes:
    """The event as one line of JSON, fields in the contract's order, with its newline."""
    return _encoder.encode(event) + b"\n"


def decode(line: bytes, plausible: Plausible) -> Event:
    """Read one line, or raise `InvalidEvent` with the reason and the rule of the rule table."""
    return read(line, plausible)[0]


def read(line: bytes, plausible: Plausible) -> tuple[Event, bool]:
    """As `decode`, and whether the line is, byte for byte, what `encode` writes for the event.

    Such a line hides nothing, and neither does one that differs from it in order and space alone. Any other goes to
    the reference reader.
    """
    line = line.removesuffix(b"\n")
    event, is_canonical = _decode_open(line)
    if event is not None and _keeps_rules(event, _occurred_at(event), plausible):
        return event, is_canonical
    verdict = judge(line, plausible)
    if isinstance(verdict, Refused):
        raise InvalidEvent(verdict.rule.reason, verdict.rule.id, line)
    return msgspec.convert(verdict, Event), False


def read_several(lines: Sequence[bytes], plausible: Plausible) -> Sequence[Event | None]:
    """The events of lines without newlines, where all are canonical; None for each that `read` must look at by itself.

    Who writes one line in canonical form writes all so, mostly. Encoded at once, they cost a fifth less.
    """
    unknown = [None] * len(lines)
    try:
        first = _decoder.decode(lines[0])
        if _encoder.encode(first) != lines[0]:
            return unknown
        events = [first, *map(_decoder.decode, lines[1:])]
        canonical = _encoder.encode_lines(events)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return unknown
    if canonical != b"\n".join((*lines, b"")) or max(map(len, lines)) > MAX_LINE_BYTES:
        return unknown
    return [
        event if _has_usual_instants(event) and _keeps_rules(event, _occurred_at(event), plausible) else None
        for event in events
    ]


def check(event: Event, plausible: Plausible) -> bytes:
    """The event's line, or `InvalidEvent` unless this event, however it was built, is one that every reader takes."""
    try:
        line = _encoder.encode(event)
    except UnicodeEncodeError:  # a lone surrogate
        raise InvalidEvent(Reason.NOT_UTF8, "line.text", repr(event).encode(errors="replace")) from None
    if not _is_surely_right(event, line, plausible):
        _refuse_endless(event, line)
        decode(line, plausible)
    return line + b"\n"


def _is_surely_right(event: Event, line: bytes, plausible: Plausible) -> bool:
    """Whether a line that was made of this event needs no closer look: it has no key but ours, and none twice."""
    if (
        event.properties is not None
        or (event.context is not None and type(event.context) is not Context)
        or (event.consent is not None and type(event.consent) is not Consent)
        or type(event) is not Event
        or type(event.occurred_at) is not str
        or (event.sent_at is not None and type(event.sent_at) is not str)
        or len(line) > MAX_LINE_BYTES
    ):
        return False
    try:
        timed = _timed_decoder.decode(line)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return False
    at, sent_at = event.occurred_at, event.sent_at
    return (
        (timed.value is None) == (event.value is None)  # NaN was written as null
        # Of what the decoder takes for an instant only this has such a form: UTC of this century, in milliseconds.
        and (len(at) == _MILLISECONDS and at[10::13] == "TZ" and "20" < at < "21")
        and (sent_at is None or (len(sent_at) == _MILLISECONDS and sent_at[10::13] == "TZ" and "20" < sent_at < "21"))
        and event.received_at is None
        and _keeps_rules(timed, timed.occurred_at, plausible)
    )


def _refuse_endless(event: Event, line: bytes) -> None:
    """The encoder writes NaN and the infinities as null."""
    if b":null" not in line:
        return
    if _is_endless(event.value):
        raise InvalidEvent(Reason.OUT_OF_RANGE, "value.range", line)
    if any(map(_is_endless, (event.properties or {}).values())):
        raise InvalidEvent(Reason.WRONG_TYPE, "properties.type", line)


def _is_endless(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _decode_open(line: bytes) -> tuple[Event | None, bool]:
    """The event of a line that hides nothing and keeps the rules of its fields, and whether the line is canonical.

    None for what is left to the reference reader.
    """
    if len(line) > MAX_LINE_BYTES:
        return None, False
    try:
        event = _decoder.decode(line)
        canonical = _encoder.encode(event)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return None, False
    is_canonical = canonical == line
    if (is_canonical or _is_reordered(line, canonical, event)) and (_has_usual_instants(event) or _has_form(canonical)):
        return event, is_canonical
    return None, False


def _is_reordered(line: bytes, canonical: bytes, event: Event) -> bool:
    """Whether each string of the line, and so each key, stands in the canonical one as well.

    Then no key comes twice and none is unknown. False, too, where a number might be another than the reference
    reader's.
    """
    return (
        b"\\" not in line
        and line.count(b'"') == canonical.count(b'"')
        and len(line) - len(canonical) <= _LEAST_OF_TOO_LONG_A_NUMBER
        and (event.properties is None or not any(map(_is_wide, event.properties.values())))
    )


def _has_usual_instants(event: Event) -> bool:
    return (
        _is_usual_instant(event.occurred_at)
        and (event.sent_at is None or _is_usual_instant(event.sent_at))
        and (event.received_at is None or _is_usual_instant(event.received_at))
    )


def _is_usual_instant(at: str) -> bool:
    """UTC of this century, to the second or millisecond. Digits and the calendar are left to `fromisoformat`."""
    form = at[4:20:3]
    return (
        ((form == "--T::." and len(at) == 24) or (form == "--T::Z" and len(at) == 20))  # noqa: PLR2004
        and at[-1] == "Z"
        and "20" < at < "21"
        and at[11:13] != "24"
    )


def _has_form(canonical: bytes) -> bool:
    return _is_canonical(canonical.decode()) is not None


def _is_wide(value: object) -> bool:
    return isinstance(value, float) and abs(value) >= _WIDE  # perhaps an integer that msgspec cannot hold


def _occurred_at(event: Event) -> datetime | None:
    """When it occurred; None where one of its instants is on no calendar."""
    try:
        if event.sent_at is not None:
            datetime.fromisoformat(event.sent_at)
        if event.received_at is not None:
            datetime.fromisoformat(event.received_at)
        return datetime.fromisoformat(event.occurred_at)
    except ValueError:  # 30 February has the form of a date
        return None


def _keeps_rules(event: Event, occurred_at: datetime | None, plausible: Plausible) -> bool:
    """Those that the decoder does not ask, but for the form of instants."""
    needs = _needs(event.event_type)
    return (
        needs is not None
        and occurred_at is not None
        and plausible.earliest <= occurred_at <= plausible.latest
        and (event.user_id is not None or event.anonymous_id is not None)
        and _NO_IDENTITY.isdisjoint((event.user_id, event.anonymous_id, event.session_id))
        and (event.item_id is not None or not needs.item)
        and (event.value is not None or not needs.value)
        and (event.app_id is None or _is_app_id(event.app_id))
        and (event.producer_id is None) == (event.producer_seq is None)
        and (event.producer_id is None or _is_producer_id(event.producer_id))
        and (event.properties is None or all(map(_is_property, event.properties)))
        and (event.impression is None or _is_impression(event.impression))
    )


def _is_impression(items: Sequence[str]) -> bool:
    return "|" not in "".join(items) and len("|".join(items)) <= IMPRESSION_MAX_CHARS
