"""Broken lines of a catalog, as an export gone wrong writes them: each with the rule of the contract that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

Values = dict[str, Any]
_encode = msgspec.json.Encoder().encode


def _with(**changed: object) -> Callable[[Values], bytes]:
    return lambda values: _encode({**values, **changed})


def _nameless(values: Values) -> bytes:
    return _encode({name: value for name, value in values.items() if name != "item_id"})


def _cut_off(values: Values) -> bytes:
    line = _encode(values)
    return line[: len(line) * 2 // 3]


def _latin_1(values: Values) -> bytes:
    return _encode(values | {"brand": "?"}).replace(b'"?"', b'"Caf\xe9"', 1)


def _price_twice(values: Values) -> bytes:
    return _encode(values).replace(b"{", b'{"price":1.0,', 1)


BROKEN_ITEMS: tuple[tuple[str, Callable[[Values], bytes]], ...] = (
    ("line.json", _cut_off),
    ("line.text", _latin_1),
    ("line.unique_keys", _price_twice),
    ("item_id.required", _nameless),
    ("item_id.type", _with(item_id=42)),
    ("category_l1.format", _with(category_l1="home|garden")),
    ("genres.type", _with(genres="comedy|drama")),
    ("price.type", _with(price="19.90")),
    ("price.range", _with(price=-1.0)),
    ("created_at.format", _with(created_at="2026-01-31 12:00:00")),
)
"""Rule -> the line made from a good item's values, without newline."""
