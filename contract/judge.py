"""The reference reader: a line and the rule table in, an event's values or a verdict out. Plain Python.

`contract.codec` is the fast way to the same verdict, and the Spark job the wide one; tests hold all three together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.checks import FieldChecks
from contract.events import EVENT, IMPRESSION_MAX_CHARS, NEEDS_ITEM, NEEDS_VALUE
from contract.lines import objects_in, read_object
from contract.rules import EVENT_RULES, FIELD_RULES, Check, Refused, Rule
from contract.times import parse_instant

__all__ = ["Plausible", "Refused", "judge"]

_objects = objects_in(EVENT)
_checks = FieldChecks(FIELD_RULES)


@dataclass(frozen=True, slots=True)
class Plausible:
    """The window in which an event may have occurred; both ends are in it."""

    earliest: datetime
    latest: datetime


def judge(line: bytes, plausible: Plausible) -> dict[str, Any] | Refused:
    """The values of the event on this line, or the first rule that it breaks."""
    parsed = read_object(line, _objects)
    if isinstance(parsed, Refused):
        return parsed
    if broken := _checks.first_broken(parsed):
        return broken
    for rule in EVENT_RULES:
        if _breaks_event_rule(parsed, rule, plausible):
            return Refused(rule)
    return parsed


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
