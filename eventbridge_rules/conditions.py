"""What one entry of a pattern's list asks of a value: EventBridge's comparison operators."""

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

Condition = Callable[[Any], bool]
"""Says whether one value of an event, never an object or list, is what was asked for."""

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

_FURTHEST: Final = 5_000_000_000  # what EventBridge compares by value


class InvalidPattern(Exception):
    """EventBridge would refuse this pattern; the message quotes the part."""


def condition(asked: Any) -> Condition:
    """The test that `asked` stands for; raises `InvalidPattern` for an operator EventBridge has not.

    `exists` is no condition of a value and is not among them.
    """
    match asked:
        case None | bool() | int() | float() | Decimal() | str():
            return _equals(asked)
        case dict() if len(asked) == 1:
            [(name, operand)] = asked.items()
            return _operator(name, operand)
        case _:
            raise InvalidPattern(f"neither a value nor one operator: {asked!r}")


def _operator(name: str, operand: Any) -> Condition:
    match name, operand:
        case "anything-but", _:
            return _anything_but(operand)
        case "numeric", list():
            return _numeric(operand)
        case "cidr", str():
            return _in_network(operand)
        case _:
            return _text_operator(name, operand)


def _text_operator(name: str, operand: Any) -> Condition:
    match name, operand:
        case "prefix", str():
            return _text(lambda value: value.startswith(operand))
        case "prefix", {"equals-ignore-case": str(start)}:
            return _text(lambda value: value.lower().startswith(start.lower()))
        case "suffix", str():
            return _text(lambda value: value.endswith(operand))
        case "suffix", {"equals-ignore-case": str(end)}:
            return _text(lambda value: value.lower().endswith(end.lower()))
        case "equals-ignore-case", str():
            return _text(lambda value: value.lower() == operand.lower())
        case "wildcard", str():
            expression = _wildcard(operand)
            return _text(lambda value: expression.fullmatch(value) is not None)
        case _:
            raise InvalidPattern(f"no such operator, or not with such an operand: {name}: {operand!r}")


def _text(holds: Callable[[str], bool]) -> Condition:
    return lambda value: isinstance(value, str) and holds(value)


def _equals(asked: Any) -> Condition:
    text = _as_json(asked)
    return lambda value: _as_json(value) == text


def _as_json(value: Any) -> str:
    """As EventBridge compares: 1 is neither true nor "1" nor 1.0. A `Decimal` keeps how a number was written."""
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _anything_but(operand: Any) -> Condition:
    unwanted = [condition(each) for each in _unwanted(operand)]
    if not unwanted:
        raise InvalidPattern("anything-but of nothing")
    return lambda value: not any(holds(value) for holds in unwanted)


def _unwanted(operand: Any) -> list[Any]:
    """`anything-but` takes a value, a list of values, or a text operator with one operand or a list."""
    match operand:
        case dict() if len(operand) == 1:
            [(name, inner)] = operand.items()
            if name not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
                raise InvalidPattern(f"anything-but takes no {name!r}")
            return [{name: each} for each in (inner if isinstance(inner, list) else [inner])]
        case list() if len({_is_number(each) for each in operand}) > 1:
            raise InvalidPattern(f"anything-but takes texts or numbers, not both: {operand!r}")
        case list():
            return operand
        case _:
            return [operand]


def _numeric(operand: list[Any]) -> Condition:
    pairs = list(zip(operand[::2], operand[1::2], strict=False))
    well_formed = all(name in _COMPARISONS and _is_number(bound) and abs(bound) <= _FURTHEST for name, bound in pairs)
    if len(operand) not in {2, 4} or not well_formed:
        raise InvalidPattern(f'numeric: wanted [">", 0] or [">", 0, "<=", 5] within {_FURTHEST:,}, not {operand!r}')
    return lambda value: _is_number(value) and all(_COMPARISONS[name](value, bound) for name, bound in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _in_network(operand: str) -> Condition:
    try:
        network = ipaddress.ip_network(operand)
    except ValueError as exc:
        raise InvalidPattern(f"cidr: {exc}") from exc

    def holds(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return _text(holds)


def _wildcard(operand: str) -> re.Pattern[str]:
    if "**" in operand.replace(r"\*", ""):
        raise InvalidPattern(f"wildcard: two stars in a row in {operand!r}")
    parts = re.findall(r"\\[*\\]|[^\\]", operand)
    if "".join(parts) != operand:
        raise InvalidPattern(f"wildcard: a backslash escapes * or itself, in {operand!r}")
    expression = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return re.compile(expression, re.DOTALL)
