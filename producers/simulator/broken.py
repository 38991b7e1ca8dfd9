"""Broken lines as foreign producers send them: each kind with the rule of the contract that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from contract.codec import Event
from contract.rules import BY_ID, Reason

Values = dict[str, Any]
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Kind:
    """`rule` is the first that such a line breaks; `line` makes it from a good event's values."""

    name: str
    rule: str
    line: Callable[[Values], bytes]

    @property
    def reason(self) -> Reason:
        return BY_ID[self.rule].reason


def broken_line(kind: Kind, event: Event, number: int) -> bytes:
    """The event broken in this way, without newline: no two are alike, and each holds its mark."""
    mark = f"broken-{kind.name}-{number:06d}"
    values: Values = msgspec.to_builtins(event)
    shown = {"event_type": "view", "item_id": "i-00001", "value": 19.9, "impression": ["i-00001", "i-00002"]}
    return kind.line({**values, **shown, "event_id": mark, "session_id": mark})


def _with(**changed: object) -> Callable[[Values], bytes]:
    return lambda values: _encode({**values, **changed})


def _without(*names: str) -> Callable[[Values], bytes]:
    return lambda values: _encode({name: value for name, value in values.items() if name not in names})


def _text(old: str, new: str | bytes) -> Callable[[Values], bytes]:
    """A good line with one text replaced by another."""
    replacement = new.encode() if isinstance(new, str) else new
    return lambda values: _encode(values).replace(old.encode(), replacement, 1)


def _cut_off(values: Values) -> bytes:
    line = _encode(values)
    return line[: len(line) * 2 // 3]


def _web_server_log(values: Mapping[str, Any]) -> bytes:
    return f'203.0.113.9 - - "GET /track?id={values["event_id"]} HTTP/1.1" 200'.encode()


KINDS = (
    Kind("cut-off", "line.json", _cut_off),
    Kind("web-server-log", "line.json", _web_server_log),
    Kind("two-on-a-line", "line.json", lambda values: _encode(values) * 2),
    Kind("nan", "line.json", _text('"value":19.9', '"value":NaN')),
    Kind("latin-1", "line.text", _text('"i-00001"', b'"caf\xe9"')),
    Kind("half-a-surrogate", "line.text", _text('"i-00001"', '"\\ud83d"')),
    Kind("repeated-key", "line.unique_keys", _text('"value":19.9', '"value":19.9,"value":19.9')),
    Kind("brace-in-a-key", "line.keys", _text('"value":', '"va{lue":')),
    Kind("too-deep", "line.depth", _with(properties={"a": {"b": [[["c"]]]}})),
    Kind("no-event-id", "event_id.required", _without("event_id")),
    Kind("long-event-id", "event_id.length", lambda values: _with(event_id=values["event_id"] * 20)(values)),
    Kind("no-event-type", "event_type.required", _without("event_type")),
    Kind("reserved-word", "event_type.refused", _with(event_type="USER_ID")),
    Kind("no-time", "occurred_at.required", _without("occurred_at")),
    Kind("number-as-time", "occurred_at.type", _with(occurred_at=1_764_000_000)),
    Kind("time-without-zone", "occurred_at.format", _with(occurred_at="2026-01-31 12:00:00")),
    Kind("no-such-day", "occurred_at.format", _with(occurred_at="2026-02-30T12:00:00Z")),
    Kind("far-future", "occurred_at.latest", _with(occurred_at="2095-01-01T00:00:00Z")),
    Kind("epoch-zero", "occurred_at.earliest", _with(occurred_at="1970-01-01T00:00:00Z")),
    Kind("nobody", "identity.any", _without("user_id", "anonymous_id")),
    Kind("user-named-null", "user_id.refused", _with(user_id="null")),
    Kind("empty-anonymous-id", "anonymous_id.not_empty", _with(anonymous_id="")),
    Kind("view-of-nothing", "item_id.for_type", _without("item_id")),
    Kind("item-as-number", "item_id.type", _with(item_id=42)),
    Kind("price-as-text", "value.type", _with(value="19.90")),
    Kind("rating-without-value", "value.for_type", lambda values: _without("value")(values | {"event_type": "rating"})),
    Kind("thirty-shown", "impression.count", _with(impression=[f"i-{n:05d}" for n in range(30)])),
    Kind("bar-in-an-impression", "impression.format", _with(impression=["i-1|i-2"])),
    Kind("cart-as-a-property", "properties.type", _with(properties={"cart": ["i-1", "i-2"]})),
    Kind("newer-version", "schema_version.range", _with(schema_version=99)),
)
