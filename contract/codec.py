"""Bytes on the wire to events and back: the fast reader. Needs msgspec; Spark jobs do not carry it."""

from __future__ import annotations

import math
import re
from datetime import datetime

import msgspec

from contract import line_form, text
from contract.errors import InvalidEvent
from contract.events import EVENT, IMPRESSION_MAX_CHARS, MAX_LINE_BYTES, NEEDS_ITEM, NEEDS_VALUE
from contract.generated.types import Consent, Context, Event
from contract.judge import Plausible, Refused, judge
from contract.rules import Reason

__all__ = ["Consent", "Context", "Event", "Plausible", "check", "decode", "encode", "read"]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)
_is_canonical = re.compile(text.CANONICAL).match
_has_our_form = re.compile(line_form.OURS).match
_REFUSED_TYPES = EVENT.field("event_type").refused
_NO_IDENTITY = EVENT.field("user_id").refused
# A number of more digits than are allowed makes its line longer than the canonical one by 970 bytes; 51 others written
# more shortly than ours are (1e15 for 1000000000000000.0) save 14 each at most.
_LEAST_OF_TOO_LONG_A_NUMBER = 200
_WIDE = 2.0**53
_NEEDS_ITEM, _NEEDS_VALUE = frozenset(NEEDS_ITEM), frozenset(NEEDS_VALUE)


def encode(event: Event) -> bytes:
    """The event as one line of JSON, fields in the contract's order, with its newline."""
    return _encoder.encode(event) + b"\n"


def decode(line: bytes, plausible: Plausible) -> Event:
    """Read one line, or raise `InvalidEvent` with the reason and the rule of the rule table."""
    return read(line, plausible)[0]


def read(line: bytes, plausible: Plausible) -> tuple[Event, bool]:
    """As `decode`, and whether the line is in canonical form (as `encode` writes it).

    Such a line hides nothing: only what a form cannot say is left to ask. Neither does a line that differs from it
    in order and space alone. Any other goes to the reference reader.
    """
    line = line.removesuffix(b"\n")
    event = _decode_canonical(line)
    if event is not None and _keeps_event_rules(event, plausible):
        return event, True
    event = _decode_plain(line) if event is None else None
    if event is not None and _keeps_event_rules(event, plausible):
        return event, False
    verdict = judge(line, plausible)
    if isinstance(verdict, Refused):
        raise InvalidEvent(verdict.rule.reason, verdict.rule.id, line)
    return msgspec.convert(verdict, Event), False


def check(event: Event, plausible: Plausible) -> bytes:
    """The event's line, or `InvalidEvent` unless this event, however it was built, is one that every reader takes."""
    try:
        line = _encoder.encode(event)
    except UnicodeEncodeError:  # a lone surrogate
        raise InvalidEvent(Reason.NOT_UTF8, "line.text", repr(event).encode(errors="replace")) from None
    # The encoder writes NaN and the infinities as null.
    if b":null" in line and _is_endless(event.value):
        raise InvalidEvent(Reason.OUT_OF_RANGE, "value.range", line)
    if b":null" in line and any(map(_is_endless, (event.properties or {}).values())):
        raise InvalidEvent(Reason.WRONG_TYPE, "properties.type", line)
    decode(line, plausible)
    return line + b"\n"


def _is_endless(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _decode_canonical(line: bytes) -> Event | None:
    try:
        decoded = line.decode()
        if len(line) > MAX_LINE_BYTES or not (_is_ours(decoded) or _is_canonical(decoded)):
            return None
        event = _decoder.decode(line)
    except (UnicodeDecodeError, msgspec.DecodeError):  # our form does not see a control character in a text
        return None
    if event.properties is not None and _encoder.encode(event) != line:  # a property may have come twice
        return None
    return event


def _is_ours(decoded: str) -> bool:
    return "\\" not in decoded and decoded[-1:] == "}" and _has_our_form(decoded[:-1] + line_form.END) is not None


def _decode_plain(line: bytes) -> Event | None:
    """The event of a line whose every string, and so every key, stands in the event's canonical line as well.

    Then no key comes twice and none is unknown. None, too, where a number might be another than the reference reader's.
    """
    if b"\\" in line or len(line) > MAX_LINE_BYTES:
        return None
    try:
        event = _decoder.decode(line)
        canonical = _encoder.encode(event)
        if line.count(b'"') != canonical.count(b'"') or len(line) - len(canonical) > _LEAST_OF_TOO_LONG_A_NUMBER:
            return None
        decoded = canonical.decode()
    except (UnicodeDecodeError, msgspec.DecodeError):
        return None
    if not (_is_ours(decoded) or _is_canonical(decoded)) or any(map(_is_wide, (event.properties or {}).values())):
        return None
    return event


def _is_wide(value: object) -> bool:
    return isinstance(value, float) and abs(value) >= _WIDE  # perhaps an integer that msgspec cannot hold


def _keeps_event_rules(event: Event, plausible: Plausible) -> bool:
    try:
        occurred_at = datetime.fromisoformat(event.occurred_at)
        for at in (event.sent_at, event.received_at):
            if at is not None:
                datetime.fromisoformat(at)
    except ValueError:  # 30 February has the form of a date
        return False
    return (
        plausible.earliest <= occurred_at <= plausible.latest
        and (event.user_id is not None or event.anonymous_id is not None)
        and event.event_type not in _REFUSED_TYPES
        and (event.item_id is not None or event.event_type not in _NEEDS_ITEM)
        and (event.value is not None or event.event_type not in _NEEDS_VALUE)
        and (event.producer_id is None) == (event.producer_seq is None)
        and (not event.impression or len("|".join(event.impression)) <= IMPRESSION_MAX_CHARS)
        and _NO_IDENTITY.isdisjoint((event.user_id, event.anonymous_id, event.session_id))
    )
