"""Firehose's prefix expressions: `!{timestamp:yyyy-MM-dd}`, `!{firehose:error-output-type}` and the like."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_EXPRESSION: Final = re.compile(r"!\{([^{}]*)\}")
_TOKEN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_RANDOM_CHARS: Final = 11

# Java's letters that a prefix can need; anything else is refused rather than written wrongly.
_LETTERS: Final[Mapping[str, str]] = {
    "yyyy": "%Y",
    "YYYY": "%G",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "DDD": "%j",
}


@dataclass(frozen=True, kw_only=True)
class PrefixValues:
    """What the expressions of one object are filled with."""

    at: datetime
    random: Callable[[], str]  # a fresh identifier for each use
    error_type: str | None = None


def check_expressions(template: str, *, errors: bool) -> str | None:
    """What is wrong with `template`, or None; `errors` when it is the prefix of error objects."""
    values = PrefixValues(at=datetime(2000, 1, 1, tzinfo=UTC), random=lambda: "", error_type="x" if errors else None)
    try:
        evaluate(template, values)
    except ValueError as error:
        return str(error)
    return None


def evaluate(template: str, values: PrefixValues) -> str:
    """`template` with its expressions filled in; raises `ValueError` for one it does not know."""
    return _EXPRESSION.sub(lambda match: _value(match[1], values), template)


def _value(expression: str, values: PrefixValues) -> str:
    namespace, _, name = expression.partition(":")
    if namespace == "timestamp":
        return java_time(name, values.at)
    if expression == "firehose:random-string":
        return values.random()[:_RANDOM_CHARS]
    if expression == "firehose:error-output-type" and values.error_type is not None:
        return values.error_type
    raise ValueError(f"unknown expression !{{{expression}}}")


def java_time(pattern: str, at: datetime) -> str:
    """`at`, in UTC, by a pattern of Java's DateTimeFormatter; raises `ValueError` for a letter not known."""
    moment = at.astimezone(UTC)
    return "".join(_part(match, moment) for match in _TOKEN.finditer(pattern))


def _part(match: re.Match[str], moment: datetime) -> str:
    if match[1] is not None:
        return match[1]
    if match[2] is None:
        return match[0]
    directive = _LETTERS.get(match[0])
    if directive is None:
        raise ValueError(f"unknown letters {match[0]} in a timestamp")
    return moment.strftime(directive)
