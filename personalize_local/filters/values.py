"""Values for placeholders: from the text of filterValues to a filter without placeholders."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from personalize_local.filters.checking import placeholders
from personalize_local.filters.model import Condition, Expression, Filter, FilterError, Placeholder, Value
from personalize_local.filters.tokens import NUMBER, TEXT, unquoted

Given = Mapping[str, tuple[str, ...]]
_ONE: Final = re.compile(rf'\s*(?:({TEXT})|([^",\s][^",]*))\s*')


def read_values(parsed: Filter, given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The values of each placeholder; refuses unknown names, and the lack of one that INCLUDE needs."""
    known = placeholders(parsed)
    for name in given:
        if name not in known:
            raise FilterError(f"filterValues names {name}, which is no placeholder of the filter; names are exact")
    for name, actions in known.items():
        if name not in given and "INCLUDE" in actions:
            raise FilterError(f"filterValues lacks {name}: every placeholder of an INCLUDE expression needs a value")
    return {name: read_list(name, text) for name, text in given.items()}


def read_list(name: str, text: str) -> tuple[str, ...]:
    r"""Values with commas between them, each bare or in quotes: `comedy`, `"comedy","drama"`, `10`."""
    found: list[str] = []
    position = 0
    while match := _ONE.match(text, position):
        quoted, bare = match.groups()
        found.append(bare.strip() if quoted is None else unquoted(quoted))
        position = match.end()
        if position == len(text):
            return tuple(found)
        if text[position] != ",":
            break
        position += 1
    raise FilterError(
        f"filterValues has no list of values for {name}: character {position + 1} of {text} is unexpected; "
        'give values with commas between them, texts in double quotes, " and \\ in them behind a backslash'
    )


def bind(parsed: Filter, given: Given, is_number: Callable[[Condition], bool]) -> Filter:
    """The filter with values for its placeholders.

    A placeholder without values leaves its condition, and a condition without values matches nothing: that part
    of an EXCLUDE excludes nothing then, whether it said IN or NOT IN.
    """
    return Filter(tuple(_bound_expression(e, given, is_number) for e in parsed.expressions))


def _bound_expression(expression: Expression, given: Given, is_number: Callable[[Condition], bool]) -> Expression:
    def bound(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(_bound(condition, given, is_number) for condition in conditions)

    any_of = tuple(bound(group) for group in expression.any_of)
    return replace(expression, any_of=any_of, only_if=bound(expression.only_if))


def _bound(condition: Condition, given: Given, is_number: Callable[[Condition], bool]) -> Condition:
    values: list[Value] = []
    for value in condition.values:
        if isinstance(value, Placeholder):
            values += _meant(condition, value.name, given.get(value.name, ()), is_number=is_number(condition))
        else:
            values.append(value)
    return replace(condition, values=tuple(values))


def _meant(condition: Condition, name: str, texts: tuple[str, ...], *, is_number: bool) -> list[Value]:
    if len(texts) > 1 and condition.operator not in {"IN", "NOT IN"}:
        raise FilterError(f"filterValues gives {name} {len(texts)} values, and {condition.operator} takes one")
    return [_number(condition, name, text) if is_number else text for text in texts]


def _number(condition: Condition, name: str, text: str) -> float:
    number = float(text) if re.fullmatch(NUMBER, text) else math.nan
    if not math.isfinite(number):
        raise FilterError(f"filterValues gives {name} the value {text}, and {condition.name} holds numbers")
    return number
