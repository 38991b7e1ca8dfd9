"""A line of a catalog snapshot: an item's or a user's values, or the rule that it breaks. Plain Python.

Read as strictly as an event's line; the rules are those of the record's fields.
"""

from __future__ import annotations

from typing import Any

from contract.catalog import ITEM, USER
from contract.checks import FieldChecks
from contract.lines import read_object
from contract.rules import Refused, field_rules
from contract.schema import Record

__all__ = ["Refused", "read_row"]

_CHECKS = {record.name: FieldChecks(field_rules(record)) for record in (ITEM, USER)}


def read_row(record: Record, line: bytes) -> dict[str, Any] | Refused:
    """The values of the record's fields, in its order, or the first rule that the line breaks.

    Fields that the record does not name are allowed and left out, and so are nulls.
    """
    parsed = read_object(line)  # neither record has a field that is an object
    if isinstance(parsed, Refused):
        return parsed
    if broken := _CHECKS[record.name].first_broken(parsed):
        return broken
    return {field.name: parsed[field.name] for field in record.fields if field.name in parsed}
