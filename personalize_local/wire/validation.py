"""Checks of a value against a shape of botocore's models, compiled once: types, bounds, patterns, enums, members.

botocore itself checks only required members, types and minima; what it lets through must be refused here.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from personalize_local.wire.errors import InvalidInputException, InvalidNextTokenException

Check = Callable[[Any, str], None]

# Java's classes in Python's words; \w has letters, digits and `_`, and each pattern that uses these allows `_`.
_CLASSES: Final = {
    r"\p{L}": r"\w",
    r"\p{N}": "",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{ASCII}": r"[\x00-\x7f]",
}
_MAX_SECONDS: Final = 2**53  # JSON has no larger integers that every reader takes
_JSON_NAMES: Final = {
    str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"
}  # fmt: skip


def compile_input(shape: Any) -> Callable[[dict[str, Any]], None]:
    """A function that returns for good input and raises `InvalidInputException` that names the first fault."""
    if shape is None:
        return lambda _: None
    check = compile_check(shape)
    return lambda value: check(value, "")


def compile_check(shape: Any) -> Check:
    """The check of one shape with everything below it."""
    return _BY_TYPE[shape.type_name](shape)


def _structure(shape: Any) -> Check:
    members = {name: compile_check(member) for name, member in shape.members.items()}
    required: Sequence[str] = shape.required_members

    def check(value: Any, where: str) -> None:
        _expect(value, dict, where)
        for name in required:
            if value.get(name) is None:
                raise _failed(where, name, None, "Member must not be null")
        for name, given in value.items():
            if name not in members:
                raise InvalidInputException(f"Unknown parameter {_at(where, name)!r}; known: {', '.join(members)}")
            if given is not None:  # JavaScript clients write absent members so
                members[name](given, _at(where, name))

    return check


def _list(shape: Any) -> Check:
    member = compile_check(shape.member)
    sized = _sized(shape, "Member must have length")

    def check(value: Any, where: str) -> None:
        _expect(value, list, where)
        sized(len(value), value, where)
        for number, item in enumerate(value, 1):
            member(item, f"{where}.{number}.member")

    return check


def _map(shape: Any) -> Check:
    key, of = compile_check(shape.key), compile_check(shape.value)
    sized = _sized(shape, "Member must have length")

    def check(value: Any, where: str) -> None:
        _expect(value, dict, where)
        sized(len(value), value, where)
        for name, item in value.items():
            key(name, where)
            of(item, _at(where, name))

    return check


def _string(shape: Any) -> Check:
    sized = _sized(shape, "Member must have length")
    written: str | None = shape.metadata.get("pattern")
    pattern = _translated(written) if written else None
    allowed = frozenset(shape.enum)

    def check(value: Any, where: str) -> None:
        _expect(value, str, where)
        sized(len(value), value, where)
        if pattern and not pattern.fullmatch(value):
            raise _failed(where, "", value, f"Member must satisfy regular expression pattern: {written}")
        if allowed and value not in allowed:
            raise _failed(where, "", value, f"Member must satisfy enum value set: [{', '.join(sorted(allowed))}]")

    return _as_token(check) if shape.name == "NextToken" else check


def _as_token(check: Check) -> Check:
    def refused_as_token(value: Any, where: str) -> None:
        try:
            check(value, where)
        except InvalidInputException as error:
            raise InvalidNextTokenException(str(error)) from error

    return refused_as_token


def _number(shape: Any) -> Check:
    whole = shape.type_name in {"integer", "long"}
    sized = _sized(shape, "Member must have value")

    def check(value: Any, where: str) -> None:
        if not _is_number(value, sys.float_info.max):
            raise _wrong_type(value, "a number", where)
        if whole and value != int(value):
            raise _wrong_type(value, "an integer", where)
        sized(value, value, where)

    return check


def _boolean(_: Any) -> Check:
    return lambda value, where: _expect(value, bool, where)


def _timestamp(_: Any) -> Check:
    def check(value: Any, where: str) -> None:
        if not _is_number(value, _MAX_SECONDS):
            raise _wrong_type(value, "seconds since 1970 as a number", where)

    return check


def _is_number(value: Any, most: float) -> bool:
    """Finite, and no boolean, which Python takes for an integer."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def _sized(shape: Any, what: str) -> Callable[[float, Any, str], None]:
    least, most = shape.metadata.get("min", -math.inf), shape.metadata.get("max", math.inf)

    def check(size: float, value: Any, where: str) -> None:
        if size < least:
            raise _failed(where, "", value, f"{what} greater than or equal to {least}")
        if size > most:
            raise _failed(where, "", value, f"{what} less than or equal to {most}")

    return check


def _translated(pattern: str) -> re.Pattern[str]:
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _expect(value: Any, kind: type, where: str) -> None:
    if not isinstance(value, kind):
        raise _wrong_type(value, _JSON_NAMES[kind], where)


def _wrong_type(value: Any, expected: str, where: str) -> InvalidInputException:
    found = "null" if value is None else _JSON_NAMES[type(value)]
    return InvalidInputException(f"Value at {where or 'the request'!r} must be {expected}, not {found}: {_cut(value)}")


def _failed(where: str, name: str, value: Any, constraint: str) -> InvalidInputException:
    path = _at(where, name) if name else where
    return InvalidInputException(
        f"1 validation error detected: Value {_cut(value)} at {path!r} failed to satisfy constraint: {constraint}"
    )


def _cut(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


_BY_TYPE: Final[dict[str, Callable[[Any], Check]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
