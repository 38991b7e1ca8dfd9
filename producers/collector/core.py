"""Events as they came in, lines for the stream and a verdict on each out. No I/O, no clock."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from contract.codec import Event, Plausible, encode, read, read_several
from contract.errors import InvalidEvent
from contract.events import EARLIEST, EVENT, FUTURE_TOLERANCE_HOURS, MAX_LINE_BYTES
from contract.rules import BY_ID, Reason
from contract.times import format_instant, parse_instant
from producers.collector.intake import Line
from producers.collector.skew import corrected

OTHER_APP = "app_id.write_key"
"""The rule, of the collector alone, that a write key's events are those of its application."""

_STAMP_BYTES = len(',"producer_id":"","producer_seq":') + EVENT.field("producer_id").max_length + len(str(2**53))
_LONGEST = MAX_LINE_BYTES - _STAMP_BYTES + 1  # with its newline
_AHEAD = timedelta(hours=FUTURE_TOLERANCE_HOURS)
_EVER = Plausible(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_TIME_RULES = frozenset(rule.id for rule in BY_ID.values() if rule.reason is Reason.IMPLAUSIBLE_TIME)
_OCCURRED_AT, _SENT_AT = b'"occurred_at":"', b',"sent_at":""'
_AROUND_OCCURRED_AT = len(_OCCURRED_AT) + len('"')
_CHECKPOINT = b'{"checkpoint":'


class Facts(Struct, frozen=True):
    """What is known of a request, besides its events. `app_id`: the only application it may speak for, if not empty.

    `enrich` adds what the request says of the visitor.
    """

    received_at: datetime
    plausible: Plausible
    stamp: bytes
    app_id: str = ""
    enrich: Callable[[Event], Event] | None = None

    @classmethod
    def of(
        cls,
        received_at: datetime,
        *,
        earliest: datetime = EARLIEST,
        app_id: str = "",
        enrich: Callable[[Event], Event] | None = None,
    ) -> Facts:
        stamp = b',"received_at":"%b"' % format_instant(received_at).encode()
        return cls(received_at, Plausible(earliest, received_at + _AHEAD), stamp, app_id, enrich)


class Rejected(Struct, frozen=True):
    """An event that was not taken, by its place in the request, from 0."""

    index: int
    reason: str
    rule: str


class Sorted(Struct):
    """`stamped` and `foreign` as `Intake.accept` takes them."""

    stamped: list[Line] = field(default_factory=list)
    foreign: list[Line] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def sort_events(lines: Sequence[bytes], facts: Facts) -> Sorted:
    """Each good event with the time of its receipt, in canonical form; each bad one as its own bytes.

    On neither list is what the stream's readers would take though we do not: an event for another application than
    the key's, and one that is too long only with what is added to it.
    """
    result = Sorted()
    plausible, stamp, app_id, enrich = facts.plausible, facts.stamp, facts.app_id, facts.enrich
    known = read_several(lines, plausible) if len(lines) > 1 else [None] * len(lines)
    for index, line in enumerate(lines):  # tens of thousands a second pass here: no call that is not needed
        try:
            found = known[index]
            event, is_canonical = read(line, plausible) if found is None else (found, True)
            if event.sent_at is not None:
                event, is_canonical = _set_right(event, facts, is_canonical=is_canonical)
        except InvalidEvent as error:
            late = _saved(line, facts) if error.rule in _TIME_RULES else None
            if late is None:
                result.foreign.append(_foreign(line))
                result.rejected.append(Rejected(index, error.reason, error.rule))
                continue
            event, is_canonical = late, False
        if app_id and event.app_id != app_id:
            if event.app_id is not None:
                result.rejected.append(Rejected(index, Reason.REFUSED_VALUE, OTHER_APP))
                continue
            event, is_canonical = replace(event, app_id=app_id), False
        if is_canonical and enrich is None and event.received_at is None and event.producer_id is None:
            received = _spliced(line, event, stamp)
        else:
            received = _written(event if enrich is None else enrich(event), facts)
        if len(received) > _LONGEST:
            result.rejected.append(Rejected(index, Reason.TOO_LARGE, "line.size"))
            continue
        result.stamped.append((event.user_id or event.anonymous_id or "", received))
    return result


def _set_right(event: Event, facts: Facts, *, is_canonical: bool) -> tuple[Event, bool]:
    """The event with its times corrected where its clock is wrong, unless that made a good event bad."""
    moved = corrected(event, facts.received_at)
    return (event, is_canonical) if moved is None or not _is_plausible(moved, facts) else (moved, False)


def _saved(line: bytes, facts: Facts) -> Event | None:
    """The event, whose time is implausible, if only its clock is wrong."""
    moved = corrected(read(line, _EVER)[0], facts.received_at)
    return None if moved is None or not _is_plausible(moved, facts) else moved


def _is_plausible(event: Event, facts: Facts) -> bool:
    try:
        return facts.plausible.earliest <= parse_instant(event.occurred_at) <= facts.plausible.latest
    except ValueError:  # moved into a century that has no form
        return False


def _spliced(line: bytes, event: Event, stamp: bytes) -> bytes:
    """A third of the time that writing the event again takes. No text in a canonical line holds a quote."""
    at = line.index(_OCCURRED_AT) + _AROUND_OCCURRED_AT + len(event.occurred_at)
    if event.sent_at is not None:
        at += len(_SENT_AT) + len(event.sent_at)
    return b"".join((line[:at], stamp, line[at:], b"\n"))


def _written(event: Event, facts: Facts) -> bytes:
    """As of the time of receipt, without a producer's fields."""
    received_at = format_instant(facts.received_at)
    return encode(replace(event, received_at=received_at, producer_id=None, producer_seq=None))


def _foreign(line: bytes) -> Line:
    """A line that looks like a producer's checkpoint must not be taken for one: a space ahead, and it is none."""
    key = f"bad-{zlib.crc32(line):08x}"
    return key, (b" " if line.startswith(_CHECKPOINT) else b"") + line + b"\n"
