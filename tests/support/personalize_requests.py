"""Requests generated from botocore's shapes: valid ones, and every one that oversteps one bound by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Texts that fit a pattern, of any length from the shortest on; and one that does not fit."""

    head: str
    filler: str
    tail: str = ""
    bad: str = "\u00e9\n"

    def text(self, length: int) -> str:
        missing = length - len(self.head) - len(self.tail)
        return self.head + self.filler * max(missing, 0) + self.tail


_PATTERNS: Final = {
    r"arn:([a-z\d-]+):personalize:.*:.*:.+": Pattern(
        head="arn:aws:personalize:::none/", filler="n", bad="arn:aws:s3:::b"
    ),
    r"arn:([a-z\d-]+):iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+": Pattern(
        head="arn:aws:iam::000000000000:role/r", filler="r", bad="arn:aws:iam::1:role/r"
    ),
    r"arn:aws.*:kms:.*:[0-9]{12}:key/.*": Pattern(head="arn:aws:kms:r:000000000000:key/k", filler="k", bad="key"),
    r"(s3|http|https)://.+": Pattern(head="s3://bucket/p", filler="p", bad="ftp://bucket/p"),
    r"rate\(\d+ days?\)": Pattern(head="rate(1", filler="1", tail=" days)", bad="cron(1 day)"),
    r"^[a-zA-Z0-9][a-zA-Z0-9\-_]*": Pattern(head="n", filler="a", bad="-n"),
    r"^[A-Za-z_]+$": Pattern(head="T", filler="t", bad="T1"),
    r"[A-Za-z_][A-Za-z\d_]*": Pattern(head="C", filler="C", bad="1C"),
    r"[A-Za-z\d_]+": Pattern(head="a", filler="a", bad="a-b"),
    r"[A-Za-z0-9_]+": Pattern(head="a", filler="a", bad="a-b"),
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": Pattern(head="k", filler="é", bad="k*"),
    r"\p{ASCII}{0,1500}": Pattern(head="dA==", filler="a", bad="é"),
    r"^[\x20-\x7E]*[\x21-\x7E]+[\x20-\x7E]*$": Pattern(head="s", filler=" ", tail="s", bad=" "),
}
_PLAIN: Final = Pattern(head="t", filler="ü")
_VALUES: Final[tuple[Any, ...]] = ("text", 7, True, [], {})
_RIGHT: Final = {"string": str, "structure": dict, "list": list, "map": dict, "boolean": bool}
Overstep = tuple[str, Any]  # what is wrong with it, and the value


def valid(shape: Any, *, full: bool = True) -> Any:
    """A value with every member, or with only those that are required."""
    match shape.type_name:
        case "structure":
            named = shape.members if full else {name: shape.members[name] for name in shape.required_members}
            return {name: valid(member, full=full) for name, member in named.items()}
        case "list":
            return [valid(shape.member, full=full) for _ in range(max(shape.metadata.get("min", 0), 1))]
        case "map":
            return {valid(shape.key): valid(shape.value)}
        case "string":
            return shape.enum[0] if shape.enum else _text(shape, max(shape.metadata.get("min", 0), 1))
        case "boolean":
            return True
        case "timestamp":
            return 1_750_000_000
    return max(shape.metadata.get("min", 1), min(1, shape.metadata.get("max", 1)))


def oversteps(shape: Any, value: Any, at: str = "") -> Iterator[Overstep]:
    """Every value that differs from the valid one in a single fault."""
    right = _RIGHT.get(shape.type_name, int)
    for wrong in _VALUES:
        if type(wrong) is not right:
            yield f"{at}: {type(wrong).__name__} for {shape.type_name}", wrong
    match shape.type_name:
        case "structure":
            yield from _of_structure(shape, value, at)
        case "list":
            yield from _of_list(shape, value, at)
        case "map":
            yield from _of_map(shape, value, at)
        case "string":
            yield from _of_string(shape, at)
        case "integer" | "long" | "float" | "double":
            yield from _of_number(shape, at)


def _of_structure(shape: Any, value: Mapping[str, Any], at: str) -> Iterator[Overstep]:
    for name in shape.required_members:
        yield f"{at}.{name}: missing", {each: given for each, given in value.items() if each != name}
        yield f"{at}.{name}: null", {**value, name: None}
    yield f"{at}: unknown member", {**value, "neverHeardOf": 1}
    for name, member in shape.members.items():
        for fault, broken in oversteps(member, value.get(name, valid(member)), f"{at}.{name}"):
            yield fault, {**value, name: broken}


def _of_list(shape: Any, value: list[Any], at: str) -> Iterator[Overstep]:
    bounds = shape.metadata
    if "max" in bounds:
        yield f"{at}: {bounds['max'] + 1} items", [valid(shape.member)] * (bounds["max"] + 1)
    if bounds.get("min"):
        yield f"{at}: {bounds['min'] - 1} items", value[: bounds["min"] - 1]
    for fault, broken in oversteps(shape.member, value[0], f"{at}[]"):
        yield fault, [broken, *value[1:]]


def _of_map(shape: Any, value: Mapping[str, Any], at: str) -> Iterator[Overstep]:
    key, of = next(iter(value.items()))
    if "max" in shape.metadata:
        count = shape.metadata["max"] + 1
        yield f"{at}: {count} entries", {f"{valid(shape.key)}{number}": of for number in range(count)}
    for fault, broken in oversteps(shape.key, key, f"{at} key"):
        if isinstance(broken, str):  # JSON has no other keys
            yield fault, {broken: of}
    for fault, broken in oversteps(shape.value, of, f"{at}{{}}"):
        yield fault, {key: broken}


def _of_string(shape: Any, at: str) -> Iterator[Overstep]:
    bounds, pattern = shape.metadata, shape.metadata.get("pattern")
    if shape.enum:
        yield f"{at}: unknown enum value", "NEVER_HEARD_OF"
        return
    if "max" in bounds:
        yield f"{at}: {bounds['max'] + 1} characters", _text(shape, bounds["max"] + 1)
    if bounds.get("min"):
        yield f"{at}: {bounds['min'] - 1} characters", _text(shape, bounds["min"])[1:]
    if pattern:
        yield f"{at}: pattern", _PATTERNS[pattern].bad


def _of_number(shape: Any, at: str) -> Iterator[Overstep]:
    bounds = shape.metadata
    if shape.type_name in {"integer", "long"}:
        yield f"{at}: not whole", 1.5
    if "min" in bounds:
        yield f"{at}: below {bounds['min']}", bounds["min"] - 1
    if "max" in bounds:
        yield f"{at}: above {bounds['max']}", bounds["max"] + 1


def _text(shape: Any, length: int) -> str:
    pattern = shape.metadata.get("pattern")
    text = (_PATTERNS[pattern] if pattern else _PLAIN).text(length)
    assert not pattern or r"\p" in pattern or re.fullmatch(pattern, text), (pattern, text)
    return text
