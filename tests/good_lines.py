"""Random events, from the contract's tables, and every form in which JSON lets one be written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from contract.events import EVENT, EVENT_TYPES, NEEDS_ITEM, NEEDS_VALUE
from contract.judge import Plausible
from contract.schema import Field, Kind

Values = dict[str, Any]

PLAUSIBLE = Plausible(datetime(1995, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
"""The window for which generated lines are made."""

PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ODD = (
    PLAIN + " _-.:/?#&=+%<>{}[](),;'|\"\\\t\b\f\r\n\x00\x1f\x7f\x85"
    "äßéñΩжш\u0627中文日本語€\u00a0\u2028\u2029\ufeff\ufffd\uffff😀🛒𝄞"
)
WORDS = ("<s>", "<f>", '{"a":1}', "[1,2]", "null", "true", '\\"', "a:b,c", "\\u0041", "//", "/* */", "'x'")


_ESCAPED = '"\\\ufffd'
_ORDER = tuple(f.name for f in EVENT.fields)


class Token(str):
    """A piece of JSON to be written as it stands."""

    __slots__ = ()


def event_values(rng: Random) -> Values:
    """An event that keeps every rule; its numbers may be Tokens."""
    values = {f.name: field_value(f, rng) for f in EVENT.fields if f.required or rng.random() < 0.45}
    if rng.random() < 0.7:
        values["event_type"] = rng.choice(EVENT_TYPES)
    _keep_event_rules(values, rng)
    return tame(values) if rng.random() < 0.6 else values


def tame(value: Any) -> Any:
    """The same without anything that our encoder would escape, or write in another way."""
    match value:
        case Token():
            return round(float(value) % 1e6, 3)
        case str():
            return "".join(c if c.isprintable() and c not in _ESCAPED else "_" for c in value)
        case float():
            return round(value % 1e6, 3)
        case dict():
            return {name: tame(v) for name, v in value.items() if v is not None}
        case list():
            return [tame(v) for v in value]
        case _:
            return value


def field_value(field: Field, rng: Random) -> Any:
    match field.kind:
        case Kind.STRING:
            return field.example if rng.random() < 0.3 else _string(field, rng)
        case Kind.INSTANT:
            return instant_text(rng)
        case Kind.DOUBLE:
            return _double(rng)
        case Kind.LONG:
            return rng.randint(field.minimum or 0, min(field.maximum or 10, 10 ** rng.randint(0, 16)))
        case Kind.BOOLEAN:
            return rng.random() < 0.5
        case Kind.STRINGS:
            return [_text(rng, 30, without="|") for _ in range(rng.randint(0, field.max_items))]
        case Kind.OBJECT:
            return {f.name: field_value(f, rng) for f in field.fields if rng.random() < 0.6}
        case Kind.SCALARS:
            return {_string(field, rng, at_most=20): _scalar(rng) for _ in range(rng.choice((0, 1, 2, 5, 50)))}


def instant_text(rng: Random) -> str:
    """A plausible instant in one of its forms: any offset, no to six digits of fraction."""
    span = PLAUSIBLE.latest - PLAUSIBLE.earliest
    at = PLAUSIBLE.earliest + span * rng.random()
    at = rng.choice((at, at, PLAUSIBLE.earliest, PLAUSIBLE.latest))
    offset = timedelta(minutes=rng.choice((0, 0, 60, 330, -480, 845, -719)))
    local = at.astimezone(timezone(offset)).replace(tzinfo=None)
    digits = rng.randint(0, 6)
    fraction = f".{local.microsecond:06d}"[: digits + 1] if digits else ""
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    zone = "Z" if not offset and rng.random() < 0.8 else f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    return local.strftime("%Y-%m-%dT%H:%M:%S") + fraction + zone


def json_value(rng: Random, depth: int) -> Any:
    """Any JSON, objects and arrays at most `depth` inside one another."""
    kinds = 5 if depth else 3
    match rng.randrange(kinds):
        case 0:
            return _text(rng, 20)
        case 1:
            return _double(rng)
        case 2:
            return rng.choice((None, True, False))
        case 3:
            return [json_value(rng, depth - 1) for _ in range(rng.randrange(4))]
        case _:
            return {_plain(rng, 8): json_value(rng, depth - 1) for _ in range(rng.randrange(4))}


@dataclass(frozen=True, slots=True)
class Form:
    """How JSON is written: with which space, which escapes."""

    space: str = ""
    ascii_only: bool = False
    slashes: bool = False

    def write(self, value: Any) -> str:
        match value:
            case Token():
                return str(value)
            case dict():
                pairs = (f"{self._key(k)}{self.space}:{self.space}{self.write(v)}" for k, v in value.items())
                return self._joined("{", pairs, "}")
            case list():
                return self._joined("[", map(self.write, value), "]")
            case str():
                text = json.dumps(value, ensure_ascii=self.ascii_only)
                return text.replace("/", "\\/") if self.slashes else text
            case _:
                return json.dumps(value)

    def _joined(self, opening: str, parts: Any, closing: str) -> str:
        return f"{opening}{self.space}" + f"{self.space},{self.space}".join(parts) + f"{self.space}{closing}"

    def _key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=False)


FORMS = (
    Form(),
    Form(),
    Form(space=" "),
    Form(ascii_only=True),
    Form(slashes=True),
    Form(space="\t", ascii_only=True),
    Form(space="\r"),
    Form(space=" \t\r "),
)


def good_line(rng: Random) -> bytes:
    """An event's line without its newline, canonical or not."""
    return write_line(event_values(rng), rng)


def write_line(values: Values, rng: Random) -> bytes:
    """The same event in a random form that means the same; one in two as our encoder orders it."""
    if rng.random() < 0.5:
        return Form().write({name: values[name] for name in (*_ORDER, *values) if name in values}).encode()
    if rng.random() < 0.25:
        values = {f.name: None for f in EVENT.fields if not f.required and rng.random() < 0.5} | values
    if rng.random() < 0.25:
        values = values | {f"x_{_plain(rng, 6)}": json_value(rng, 3) for _ in range(rng.randint(1, 3))}
    if rng.random() < 0.4:
        values = dict(rng.sample(list(values.items()), len(values)))
    before, after = rng.choice((("", ""), ("", ""), ("", ""), (" ", ""), ("", "\r"), ("\t", " \r"), ("\r", "")))
    return f"{before}{rng.choice(FORMS).write(values)}{after}".encode()


def _keep_event_rules(values: Values, rng: Random) -> None:
    fields = {f.name: f for f in EVENT.fields}
    needed = {rng.choice(("user_id", "anonymous_id"))} if not {"user_id", "anonymous_id"} & values.keys() else set()
    needed |= {"item_id"} if values["event_type"] in NEEDS_ITEM else set()
    needed |= {"value"} if values["event_type"] in NEEDS_VALUE else set()
    needed |= {"producer_id", "producer_seq"} if {"producer_id", "producer_seq"} & values.keys() else set()
    for name in sorted(needed - values.keys()):
        values[name] = field_value(fields[name], rng)


def _string(field: Field, rng: Random, at_most: int = 0) -> str:
    """A text for the field. Letters and digits after a letter fit each pattern of the contract."""
    longest = at_most or field.max_length
    if field.pattern:
        return rng.choice("abcXYZ") + _plain(rng, min(longest, 64) - 1)
    if rng.random() < 0.1:
        return "".join(rng.choices(ODD, k=longest))
    return _text(rng, min(longest, 40))


def _text(rng: Random, longest: int, without: str = "") -> str:
    """1 to `longest` characters, mostly plain ones."""
    if rng.random() < 0.05:
        return rng.choice(WORDS) + "_" + _plain(rng, 5)  # so that no word is one that is refused
    letters = ODD if rng.random() < 0.3 else PLAIN
    text = "".join(rng.choices(letters, k=rng.randint(1, longest)))
    return text.replace(without, "_") if without else text


def _plain(rng: Random, longest: int) -> str:
    return "".join(rng.choices(PLAIN, k=rng.randint(0, longest)))


def _double(rng: Random) -> Any:
    tokens = ("0", "-0", "0.0", "-0.0", "1e5", "1E+2", "2.50", "1e-7", "12345678901234567890", "1.7976931348623157e308")
    more = ("5e-324", "0.1", "1e22", "123456789.123456789", "3", "-17", "1.0", "100000000000000000000000", "1e-400")
    drawn = rng.randrange(4)
    if drawn == 0:
        return Token(rng.choice(tokens + more))
    wide = min(rng.lognormvariate(0, 20), 1e300)  # hypothesis draws infinity as well, which JSON has no word for
    return (rng.randint(-(10**6), 10**6), round(rng.uniform(-1000, 1000), 2), wide)[drawn - 1]


def _scalar(rng: Random) -> Any:
    return rng.choice((_text(rng, 40), "", _double(rng), True, False, None, "x" * rng.choice((7, 7, 7, 1_000))))
