"""The rule table: every way in which a line can fail to be an event, in the order in which it is asked.

Two readers apply it, `contract.judge` in Python and `glue_jobs.events.verdict` in Spark; the first rule that a
line breaks is its verdict in both. Items and users have the rules of the line and those of their own fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from contract.events import EVENT
from contract.schema import Field, Kind, Record


class Reason(StrEnum):
    """Why a line is in the quarantine; what to do about it differs by reason, not by rule."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    BAD_KEY = "bad_key"
    TOO_DEEP = "too_deep"
    REPEATED_KEY = "repeated_key"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    BAD_FORMAT = "bad_format"
    REFUSED_VALUE = "refused_value"
    OUT_OF_RANGE = "out_of_range"
    NO_IDENTITY = "no_identity"
    IMPLAUSIBLE_TIME = "implausible_time"
    ID_CONFLICT = "id_conflict"  # known only to the job, which sees the other event


class Check(StrEnum):
    """What a rule asks. The first group asks it of the line, the second of a field, the third of the event."""

    LINE_SIZE = "size"
    LINE_TEXT = "text"
    LINE_DEPTH = "depth"
    LINE_JSON = "json"
    LINE_KEYS = "keys"
    LINE_UNIQUE_KEYS = "unique_keys"

    REQUIRED = "required"
    TYPE = "type"
    NOT_EMPTY = "not_empty"
    LENGTH = "length"
    FORMAT = "format"
    REFUSED = "refused"
    RANGE = "range"
    COUNT = "count"
    KEY_FORMAT = "key_format"

    IDENTITY = "identity"
    FOR_TYPE = "for_type"
    JOINED_LENGTH = "joined_length"
    PAIRED = "paired"
    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Rule:
    """`id` is "<field>.<check>"; `path` leads to the field, empty for the line as a whole."""

    id: str
    reason: Reason
    check: Check
    path: tuple[Field, ...] = ()

    @property
    def field(self) -> Field:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Refused:
    """The verdict on a line that breaks a rule."""

    rule: Rule


_LINE_RULES = (
    Rule("line.size", Reason.TOO_LARGE, Check.LINE_SIZE),
    Rule("line.text", Reason.NOT_UTF8, Check.LINE_TEXT),
    Rule("line.depth", Reason.TOO_DEEP, Check.LINE_DEPTH),
    Rule("line.json", Reason.NOT_JSON, Check.LINE_JSON),
    Rule("line.keys", Reason.BAD_KEY, Check.LINE_KEYS),
    Rule("line.unique_keys", Reason.REPEATED_KEY, Check.LINE_UNIQUE_KEYS),
)

_CHECKS: dict[Kind, tuple[tuple[Check, Reason], ...]] = {
    Kind.STRING: (
        (Check.NOT_EMPTY, Reason.EMPTY),
        (Check.LENGTH, Reason.TOO_LONG),
        (Check.FORMAT, Reason.BAD_FORMAT),
        (Check.REFUSED, Reason.REFUSED_VALUE),
    ),
    Kind.INSTANT: ((Check.FORMAT, Reason.BAD_FORMAT),),
    Kind.DOUBLE: ((Check.RANGE, Reason.OUT_OF_RANGE),),
    Kind.LONG: ((Check.RANGE, Reason.OUT_OF_RANGE),),
    Kind.BOOLEAN: (),
    Kind.STRINGS: ((Check.COUNT, Reason.TOO_MANY), (Check.FORMAT, Reason.BAD_FORMAT)),
    Kind.OBJECT: (),
    Kind.SCALARS: (
        (Check.COUNT, Reason.TOO_MANY),
        (Check.KEY_FORMAT, Reason.BAD_FORMAT),
        (Check.LENGTH, Reason.TOO_LONG),
    ),
}


def field_rules(record: Record) -> tuple[Rule, ...]:
    """The rules of a record's fields, in the order in which they are asked."""
    return tuple(rule for field in record.fields for rule in _field_rules((field,)))


def _field_rules(path: tuple[Field, ...]) -> Iterator[Rule]:
    field = path[-1]
    name = ".".join(f.name for f in path)
    if field.required:
        yield Rule(f"{name}.{Check.REQUIRED}", Reason.MISSING, Check.REQUIRED, path)
    yield Rule(f"{name}.{Check.TYPE}", Reason.WRONG_TYPE, Check.TYPE, path)
    for check, reason in _CHECKS[field.kind]:
        if (check is Check.REFUSED and not field.refused) or (
            check is Check.FORMAT and not field.pattern and field.kind is not Kind.INSTANT
        ):
            continue
        yield Rule(f"{name}.{check}", reason, check, path)
    for child in field.fields:
        yield from _field_rules((*path, child))


def _event_rules() -> Iterator[Rule]:
    def about(name: str, check: Check, reason: Reason) -> Rule:
        return Rule(f"{name}.{check}", reason, check, (EVENT.field(name),))

    yield Rule("identity.any", Reason.NO_IDENTITY, Check.IDENTITY)
    yield about("item_id", Check.FOR_TYPE, Reason.MISSING)
    yield about("value", Check.FOR_TYPE, Reason.MISSING)
    yield about("impression", Check.JOINED_LENGTH, Reason.TOO_LONG)
    yield about("producer_seq", Check.PAIRED, Reason.MISSING)
    yield about("occurred_at", Check.EARLIEST, Reason.IMPLAUSIBLE_TIME)
    yield about("occurred_at", Check.LATEST, Reason.IMPLAUSIBLE_TIME)


LINE_RULES: tuple[Rule, ...] = _LINE_RULES
FIELD_RULES: tuple[Rule, ...] = field_rules(EVENT)
EVENT_RULES: tuple[Rule, ...] = tuple(_event_rules())
RULES: tuple[Rule, ...] = (*LINE_RULES, *FIELD_RULES, *EVENT_RULES)
BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
ID_CONFLICT = Rule("event_id.conflict", Reason.ID_CONFLICT, Check.IDENTITY, (EVENT.field("event_id"),))
