"""The rules of a record's fields, asked of values that a line held."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from contract.rules import Check, Refused, Rule
from contract.schema import Field, Kind
from contract.times import parse_instant

Breaks = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class _OfField:
    parents: tuple[str, ...]
    name: str
    required: Rule | None
    others: tuple[tuple[Rule, Breaks], ...]


class FieldChecks:
    """Rules made ready once; a field that is absent costs one look."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._fields = tuple(_of_field(list(found)) for _, found in groupby(rules, key=lambda rule: rule.path))

    def first_broken(self, values: Mapping[str, Any]) -> Refused | None:
        """The first rule that these values break, in the order of the rules; None where they keep all."""
        for field in self._fields:
            holder: Any = values
            for name in field.parents:
                holder = holder.get(name) or {}
            value = holder.get(field.name)
            if value is None:
                if field.required is not None:
                    return Refused(field.required)
                continue
            for rule, breaks in field.others:
                if breaks(value):
                    return Refused(rule)
        return None


def _of_field(rules: Sequence[Rule]) -> _OfField:
    """Of one field; whether it is there is asked first, as in the table. A parent's type was asked before."""
    *parents, name = (f.name for f in rules[0].path)
    return _OfField(
        parents=tuple(parents),
        name=name,
        required=next((rule for rule in rules if rule.check is Check.REQUIRED), None),
        others=tuple((rule, _BREAKS[rule.check](rule.field)) for rule in rules if rule.check is not Check.REQUIRED),
    )


def _wrong_type(field: Field) -> Breaks:
    return _WRONG_TYPE[field.kind]


def _is_no_number(value: Any) -> bool:
    return not isinstance(value, (int, float)) or isinstance(value, bool)


def _is_no_integer(value: Any) -> bool:
    return not isinstance(value, int) or isinstance(value, bool)


def _is_no_strings(value: Any) -> bool:
    return not isinstance(value, list) or not all(isinstance(v, str) for v in value)


def _is_no_scalars(value: Any) -> bool:
    return not isinstance(value, dict) or any(isinstance(v, (dict, list)) for v in value.values())


def _too_long(field: Field) -> Breaks:
    longest = field.max_length
    if field.kind is Kind.SCALARS:
        return lambda value: any(isinstance(t, str) and len(t) > longest for t in value.values())
    return lambda value: len(value) > longest


def _bad_format(field: Field) -> Breaks:
    if field.kind is Kind.INSTANT:
        return _is_no_instant
    whole = re.compile(field.pattern).fullmatch
    if field.kind is Kind.STRINGS:
        return lambda value: not all(map(whole, value))
    return lambda value: whole(value) is None


def _is_no_instant(value: str) -> bool:
    try:
        parse_instant(value)
    except ValueError:
        return True
    return False


def _out_of_range(field: Field) -> Breaks:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum

    def breaks(value: float) -> bool:
        try:
            return not math.isfinite(value) or not low <= value <= high
        except OverflowError:  # an integer that no double holds
            return True

    return breaks


def _bad_key(field: Field) -> Breaks:
    whole = re.compile(field.pattern).fullmatch
    return lambda value: not all(map(whole, value))


_WRONG_TYPE: dict[Kind, Breaks] = {
    Kind.STRING: lambda value: not isinstance(value, str),
    Kind.INSTANT: lambda value: not isinstance(value, str),
    Kind.DOUBLE: _is_no_number,
    Kind.LONG: _is_no_integer,
    Kind.BOOLEAN: lambda value: not isinstance(value, bool),
    Kind.STRINGS: _is_no_strings,
    Kind.OBJECT: lambda value: not isinstance(value, dict),
    Kind.SCALARS: _is_no_scalars,
}
_BREAKS: dict[Check, Callable[[Field], Breaks]] = {
    Check.TYPE: _wrong_type,
    Check.NOT_EMPTY: lambda _: lambda value: value == "",
    Check.LENGTH: _too_long,
    Check.FORMAT: _bad_format,
    Check.REFUSED: lambda field: lambda value: value in field.refused,
    Check.RANGE: _out_of_range,
    Check.COUNT: lambda field: lambda value: len(value) > field.max_items,
    Check.KEY_FORMAT: _bad_key,
}
