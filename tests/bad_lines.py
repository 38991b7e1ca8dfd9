"""Broken lines: each rule of the contract broken on purpose, and lines broken as text and as bytes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from contract.events import IMPRESSION_MAX_CHARS, MAX_DEPTH, MAX_LINE_BYTES
from contract.rules import EVENT_RULES, FIELD_RULES, Check, Rule
from contract.schema import Kind
from tests.good_lines import FORMS, Form, Token, Values, event_values, good_line, json_value, write_line

_BAD_INSTANTS = (
    "", "now", "2026-11-23", "2026-11-23T09:30Z", "2026-11-23 09:30:00Z", "2026-11-23T09:30:00", "2026-11-23T09:30:00z",
    "2026-11-23T09:30:00.Z", "2026-11-23T09:30:00.1234567Z", "2026-11-23T24:00:00Z", "2026-11-23T09:30:60Z",
    "2026-11-23T09:30:00+0100", "2026-11-23T09:30:00+15:00", "2026-11-23T09:30:00+01", "2026-02-30T00:00:00Z",
    "2025-02-29T12:00:00Z", "2100-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z", "26-11-23T09:30:00Z", "12026-11-23T09:30:00Z", "1895-01-01T00:00:00Z",
    " 2026-11-23T09:30:00Z",
    "2026-11-23T09:30:00Z\n", "2026-11-23T09:30:00Z ",
    "\uff12026-11-23T09:30:00Z", "1764000000", "2026-04-31T00:00:00Z",
    "2026-11-23T09:30:00 Z", "2026-11-23T09:30:00,5Z", "2026-W48-1T00:00:00Z", "2026-327T00:00:00Z",
)  # fmt: skip
_BAD_KEYS = ("", "1a", "a b", "a-b", "a.b", "ä", "a" * 151, "a\tb", " a", "a ", "😀")
_WRONG: dict[Kind, tuple[Any, ...]] = {
    Kind.STRING: (1, 1.5, True, [], {}, ["a"], {"a": "b"}, Token("0")),
    Kind.INSTANT: (1_764_000_000, 1.5, False, ["2026-11-23T09:30:00Z"], {}),
    Kind.DOUBLE: ("1", "", "1.5", True, False, [], [1], {}, {"a": 1}),
    Kind.LONG: ("1", 1.0, 1.5, True, Token("1e0"), Token("1.0"), Token("-0.0"), [], {}, [1]),
    Kind.BOOLEAN: ("true", "false", 0, 1, "", [], {}, [True]),
    Kind.STRINGS: ("a", "", 1, True, {}, {"0": "a"}, [1], ["a", None], ["a", 1], [["a"]], [{}], "[]", [True]),
    Kind.OBJECT: ("{}", "", 1, True, [], [{}], '{"a":1}'),
    Kind.SCALARS: ("{}", "", 1, True, [], {"a": {}}, {"a": []}, {"a": [1]}, {"a": 1, "b": {"c": 2}}, [{"a": 1}]),
}
_NOT_JSON = (
    b"not json", b"{", b"}", b"{}{}", b"{} {}", b"[]", b'[{"event_id":"1"}]', b'"text"', b"1", b"null", b"true", b"NaN",
    b"{a:1}", b"{'event_id':'1'}", b'{"a":1,}', b'{,"a":1}', b'{"a" 1}', b'{"a":}', b'{"a":1 "b":2}', b'{"a":01}',
    b'{"a":+1}', b'{"a":.5}', b'{"a":5.}', b'{"a":1e}', b'{"a":0x1}', b'{"a":Infinity}', b'{"a":-Infinity}',
    b'{"a":nan}',
    b'{"a":undefined}', b'{"a":True}', b'{"a":"\\x41"}', b'{"a":"\\u12"}', b'{"a":"\\"}', b'{"a":"b', b'{"a":1}//c',
    b'{/*c*/"a":1}', b'#{"a":1}', b'{"a":1}garbage', b'\xef\xbb\xbf{"a":1}', b'{"a":"\t"}', b'{"a":"\x00"}', b"{}\x00",
    b'{"a":1]', b'{"a":[1}', b'{"a":[1,]}', b'{"a":tru}', b'{"a":--1}', b'{"a":1_000}', b'\x0c{"a":1}',
    b'\xc2\xa0{"a":1}',
)  # fmt: skip

Break = Callable[[Random], bytes]


def break_rule(rule: Rule, rng: Random) -> bytes:
    """An event that keeps the contract but for this rule (and what that brings with it)."""
    values = event_values(rng)
    if rule in EVENT_RULES:
        _break_event_rule(values, rule)
        return write_line(values, rng)
    holder = values
    for field in rule.path[:-1]:
        holder = holder.setdefault(field.name, {})
    if rule.check is Check.REQUIRED:
        holder[rule.field.name] = None
        return write_line(holder if rng.random() < 0.5 else _without(holder, rule.field.name), rng)
    holder[rule.field.name] = _broken_value(rule, rng)
    return write_line(values, rng)


def _without(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key != name}


def _broken_value(rule: Rule, rng: Random) -> Any:  # noqa: PLR0911  # one a check
    field = rule.field
    match rule.check:
        case Check.TYPE:
            return rng.choice(_WRONG[field.kind])
        case Check.NOT_EMPTY:
            return ""
        case Check.LENGTH:
            long = rng.choice(("x", "é", "😀", "\\")) * (field.max_length + rng.choice((1, 1, 5)))
            return {"a": "b", "long": long} if field.kind is Kind.SCALARS else long
        case Check.FORMAT if field.kind is Kind.INSTANT:
            return rng.choice(_BAD_INSTANTS)
        case Check.FORMAT:
            bad = rng.choice(("a|b", "", "|", "é|", "x" * 257)) if field.kind is Kind.STRINGS else "é|\n"
            return ["i-1", bad] if field.kind is Kind.STRINGS else rng.choice((bad, "!", " a", "a\n", "a b/", "ä"))
        case Check.REFUSED:
            return rng.choice(sorted(field.refused))
        case Check.RANGE:
            return rng.choice(_out_of_range(rule))
        case Check.COUNT:
            many = [f"k{n}" for n in range(field.max_items + rng.choice((1, 1, 10)))]
            return many if field.kind is Kind.STRINGS else dict.fromkeys(many, 1)
        case Check.KEY_FORMAT:
            return {"good": 1, rng.choice(_BAD_KEYS): rng.choice((1, "x"))}
        case _:
            raise AssertionError(rule)


def _out_of_range(rule: Rule) -> tuple[Any, ...]:
    if rule.field.kind is Kind.DOUBLE:
        return Token("1e309"), Token("-1e400"), Token("9" * 400), Token("1" + "0" * 309)
    low, high = rule.field.minimum or 0, rule.field.maximum or 0
    return low - 1, -5, high + 1, 2**63 - 1, 2**63, 2**64, 10**30, Token("-0")


def _break_event_rule(values: Values, rule: Rule) -> None:
    match rule.check:
        case Check.IDENTITY:
            values.pop("user_id", None)
            values.pop("anonymous_id", None)
        case Check.FOR_TYPE:
            values.update(event_type="view" if rule.field.name == "item_id" else "rating", item_id="i-1")
            values.pop(rule.field.name, None)
        case Check.JOINED_LENGTH:
            values["impression"] = ["i" * (IMPRESSION_MAX_CHARS // 5), *("j" * 250 for _ in range(4))]
        case Check.PAIRED:
            values.update(producer_id="web-1", producer_seq=1)
            values.pop("producer_id" if len(values) % 2 else "producer_seq")
        case Check.EARLIEST:
            values["occurred_at"] = ("1994-12-31T23:59:59.999Z", "1995-01-01T00:59:59+01:00")[len(values) % 2]
        case Check.LATEST:
            values["occurred_at"] = ("2026-12-01T00:00:00.001Z", "2026-11-30T23:30:00-01:00")[len(values) % 2]
        case _:
            raise AssertionError(rule)


def too_large(rng: Random) -> bytes:
    """Around the limit: just within, just over."""
    line = write_line(event_values(rng) | {"x_filler": "#"}, rng)
    room = MAX_LINE_BYTES - len(line)
    return line.replace(b'"#"', b'"' + b"y" * (room + rng.choice((0, 1, 2, 5000)) + 1) + b'"', 1)


def bad_text(rng: Random) -> bytes:
    pieces = (
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\xaf",
        b"\\ud83d",
        b"\\udE00",
        b"\\ud83d\\ud83d",
    )
    line = Form().write(event_values(rng) | {"x_text": "#"})
    return line.encode().replace(b'"#"', b'"a' + rng.choice(pieces) + b'z"', 1)


def too_deep(rng: Random) -> bytes:
    deep = json_value(rng, 0)
    for _ in range(MAX_DEPTH + rng.choice((-1, 0, 0, 1, 60))):
        deep = [deep] if rng.random() < 0.5 else {"d": deep}
    values = event_values(rng)
    values[rng.choice(("x_deep", "properties", "context", "impression"))] = deep
    return write_line(values, rng)


def not_json(rng: Random) -> bytes:
    return rng.choice(_NOT_JSON)


def bad_key(rng: Random) -> bytes:
    keys = (
        '"a\\"b"',
        '"\\u0061"',
        '"a{b"',
        '"}"',
        '"[x"',
        '"a]"',
        '"<s>"',
        '"a,b"',
        '"a:b"',
        '"a\\\\"',
        '"event_i\\u0064"',
    )
    line = FORMS[0].write(event_values(rng)).encode()
    return b"{" + rng.choice(keys).encode() + b":1," + line[1:]


def repeated_key(rng: Random) -> bytes:
    values = event_values(rng)
    line = rng.choice(FORMS[:5]).write(values).encode()
    name = rng.choice(("top", "unknown", "context", "properties", "consent", "nested"))
    if name == "top":
        key = rng.choice(sorted(values))
        return b"{" + f'"{key}":null,'.encode() + line[1:]
    twice = '{"a":1,"a":1}' if name != "nested" else '{"b":{"a":1,"a":2}}'
    if name == "unknown":
        return b'{"x":1,"x":1,' + line[1:]
    key = "x_nested" if name == "nested" else name
    return Form().write(values | {key: Token(twice)}).encode()


def broken_token(rng: Random) -> bytes:
    """A value that some JSON readers take and JSON does not, or takes in its own way."""
    tokens = ("NaN", "-NaN", "Infinity", "'x'", "01", "+1", "1.", ".5", "1e", "0x10", "tru", "nul", "None", "9" * 1_001)
    name = rng.choice(("value", "item_id", "producer_seq", "properties", "x_unknown", "context", "impression"))
    return Form().write(event_values(rng) | {name: Token(rng.choice(tokens))}).encode()


def cut_or_glued(rng: Random) -> bytes:
    line = good_line(rng)
    cut = line[: rng.randrange(1, len(line))]
    return rng.choice((cut, cut + line, line + line, line + b",", line + b" x", b"[" + line + b"]", line[1:]))


def flipped_bytes(rng: Random) -> bytes:
    """A good line with a few bytes put in, taken out or changed; often no longer good."""
    line = bytearray(Form().write(event_values(rng)).encode())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(line))
        match rng.randrange(3):
            case 0:
                line[at] = (
                    rng.choice(b'"\\{}[]:,0eEu\x00\xff \r-.\x1f') if rng.random() < 0.7 else rng.randrange(11, 256)
                )
            case 1:
                line[at:at] = rng.choice((b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\x80", b"\r", b"1", b" "))
            case _:
                del line[at : at + rng.randint(1, 3)]
    return bytes(line)


def _any_rule(rng: Random) -> bytes:
    return break_rule(rng.choice((*FIELD_RULES, *EVENT_RULES)), rng)


LINE_BREAKS: tuple[Break, ...] = (bad_text, too_deep, not_json, bad_key, repeated_key, broken_token, cut_or_glued)
"""One or more for every rule of the line but its size."""


def bad_line(rng: Random) -> bytes:
    """A line that some mutation went through; a few are still good. Never blank, without newline."""
    mutate = rng.choice((_any_rule, _any_rule, _any_rule, flipped_bytes, *LINE_BREAKS))
    line = mutate(rng).replace(b"\n", b" ")
    return line if line.strip(b" \t\r") else b"{"
