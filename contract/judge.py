"""The reference reader: a line and the rule table in, an event's values or a verdict out. Plain Python.

`contract.codec` is the fast way to the same verdict, and the Spark job the wide one; tests hold all three together.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract import text
from contract.events import IMPRESSION_MAX_CHARS, MAX_DEPTH, MAX_LINE_BYTES, NEEDS_ITEM, NEEDS_VALUE
from contract.rules import BY_ID as RULE
from contract.rules import EVENT_RULES, FIELD_RULES, Check, Rule
from contract.schema import Field, Kind
from contract.times import parse_instant

_only_good_keys = re.compile(text.ONLY_GOOD_KEYS).match
_surrogate = re.compile(text.SURROGATE).search
_paired = re.compile(text.PAIRED_SURROGATES).sub
_not_structure = re.compile(text.NOT_STRUCTURE).sub
_pair = re.compile(text.PAIR)

MAX_DIGITS = 1_000  # of a number, as Jackson, Spark's JSON parser, has it


@dataclass(frozen=True, slots=True)
class Plausible:
    """The window in which an event may have occurred; both ends are in it."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    rule: Rule


def judge(line: bytes, plausible: Plausible) -> dict[str, Any] | Refused:
    """The values of the event on this line, or the first rule that it breaks."""
    parsed = _parse(line)
    if isinstance(parsed, Refused):
        return parsed
    for rule in FIELD_RULES:
        if _breaks_field_rule(parsed, rule):
            return Refused(rule)
    for rule in EVENT_RULES:
        if _breaks_event_rule(parsed, rule, plausible):
            return Refused(rule)
    return parsed


def _parse(line: bytes) -> dict[str, Any] | Refused:
    if len(line) > MAX_LINE_BYTES:
        return Refused(RULE["line.size"])
    try:
        decoded = line.decode()
    except UnicodeDecodeError:
        return Refused(RULE["line.text"])
    if _surrogate(_paired("", decoded)):
        return Refused(RULE["line.text"])
    if _is_too_deep(decoded):
        return Refused(RULE["line.depth"])
    return _parse_json(decoded)


def _is_too_deep(decoded: str) -> bool:
    structure = _not_structure("", decoded)
    for _ in range(MAX_DEPTH):
        structure = _pair.sub("", structure)
    return _pair.search(structure) is not None


def _parse_json(decoded: str) -> dict[str, Any] | Refused:
    try:
        event = json.loads(
            decoded, object_pairs_hook=_Pairs, parse_constant=_refuse, parse_int=_int, parse_float=_float
        )
    except ValueError:
        return Refused(RULE["line.json"])
    if not isinstance(event, _Pairs):
        return Refused(RULE["line.json"])
    if not _only_good_keys(decoded):
        return Refused(RULE["line.keys"])
    ours = (event, *(event.get(name) for name in ("context", "properties", "consent")))
    if any(isinstance(o, _Pairs) and o.repeats for o in ours):
        return Refused(RULE["line.unique_keys"])
    return {key: value for key, value in event.items() if value is not None}


class _Pairs(dict[str, Any]):
    """A JSON object that remembers whether a key came twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeats = len(pairs) != len(self)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _int(digits: str) -> int:
    return int(_bounded(digits))


def _float(digits: str) -> float:
    return float(_bounded(digits))


def _bounded(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return digits


def _breaks_field_rule(event: Mapping[str, Any], rule: Rule) -> bool:
    value: Any = event
    for field in rule.path:
        value = value.get(field.name) if isinstance(value, Mapping) else None
    if rule.check is Check.REQUIRED:
        return value is None
    return value is not None and _BREAKS[rule.check](rule.field, value)


def _wrong_type(field: Field, value: Any) -> bool:
    match field.kind:
        case Kind.STRING | Kind.INSTANT:
            return not isinstance(value, str)
        case Kind.DOUBLE:
            return not isinstance(value, int | float) or isinstance(value, bool)
        case Kind.LONG:
            return not isinstance(value, int) or isinstance(value, bool)
        case Kind.BOOLEAN:
            return not isinstance(value, bool)
        case Kind.STRINGS:
            return not isinstance(value, list) or not all(isinstance(v, str) for v in value)
        case Kind.OBJECT:
            return not isinstance(value, dict)
        case Kind.SCALARS:
            return not isinstance(value, dict) or any(isinstance(v, dict | list) for v in value.values())


def _too_long(field: Field, value: Any) -> bool:
    texts = value.values() if field.kind is Kind.SCALARS else (value,)
    return any(isinstance(t, str) and len(t) > field.max_length for t in texts)


def _bad_format(field: Field, value: Any) -> bool:
    if field.kind is Kind.INSTANT:
        try:
            parse_instant(value)
        except ValueError:
            return True
        return False
    texts = value if field.kind is Kind.STRINGS else (value,)
    return not all(re.fullmatch(field.pattern, t) for t in texts)


def _out_of_range(field: Field, value: float) -> bool:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    try:
        return not math.isfinite(value) or not low <= value <= high
    except OverflowError:  # an integer that no double holds
        return True


_BREAKS: dict[Check, Callable[[Field, Any], bool]] = {
    Check.TYPE: _wrong_type,
    Check.NOT_EMPTY: lambda _, value: value == "",
    Check.LENGTH: _too_long,
    Check.FORMAT: _bad_format,
    Check.REFUSED: lambda field, value: value in field.refused,
    Check.RANGE: _out_of_range,
    Check.COUNT: lambda field, value: len(value) > field.max_items,
    Check.KEY_FORMAT: lambda field, value: not all(re.fullmatch(field.pattern, key) for key in value),
}


def _breaks_event_rule(event: Mapping[str, Any], rule: Rule, plausible: Plausible) -> bool:
    match rule.check:
        case Check.IDENTITY:
            return "user_id" not in event and "anonymous_id" not in event
        case Check.FOR_TYPE:
            needs = NEEDS_ITEM if rule.field.name == "item_id" else NEEDS_VALUE
            return event["event_type"] in needs and rule.field.name not in event
        case Check.JOINED_LENGTH:
            return len("|".join(event.get("impression", ()))) > IMPRESSION_MAX_CHARS
        case Check.PAIRED:
            return ("producer_id" in event) != ("producer_seq" in event)
        case Check.EARLIEST:
            return parse_instant(event["occurred_at"]) < plausible.earliest
        case Check.LATEST:
            return parse_instant(event["occurred_at"]) > plausible.latest
        case _:
            raise AssertionError(rule)
