"""The pixel: an event in the query of an image's address, for mail and pages without scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from contract.events import EVENT
from contract.ids import time_ordered_id
from contract.schema import Kind
from contract.times import epoch_ms, format_instant

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
"""One transparent point, the smallest picture that every mail program takes."""

KEY = "k"
"""The write key's parameter."""

_FIELDS = {field.name: field for field in EVENT.fields}
_INSIDE = {"c": "context", "p": "properties", "s": "consent"}
_PATHS = {f"{short}.{inner.name}": inner for short, name in _INSIDE.items() for inner in _FIELDS[name].fields}
_is_number = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?").fullmatch


def key_of_query(query: bytes) -> bytes | None:
    """The write key that stands in a query, for who can send no header; None where there is none."""
    found = [text for name, text in _pairs(query) if name == KEY]
    return found[-1].encode(errors="surrogateescape") if found else None


def event_of_query(query: bytes, *, now: datetime, entropy: Callable[[int], bytes]) -> bytes:
    """The line of the event that the query tells; whether it is an event, its reader says.

    Parameters are the event's fields; `c.page`, `p.campaign` and `s.analytics` are those of its context, properties
    and consent. Without `event_id` each loading is an event of its own; without `occurred_at` it happens now.
    """
    event_id = time_ordered_id(epoch_ms(now), entropy(10))
    values: dict[str, Any] = {"event_id": event_id, "occurred_at": format_instant(now)}
    for name, text in _pairs(query):
        short, dot, inner = name.partition(".")
        if dot and short in _INSIDE:
            holder = values.setdefault(_INSIDE[short], {})
            if isinstance(holder, dict):  # a text was given for the whole of it: that is what will be refused
                holder[inner] = _value(_PATHS[name].kind if name in _PATHS else None, text)
        elif name != KEY:
            values[name] = _value(_FIELDS[name].kind if name in _FIELDS else None, text)
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogateescape")


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Bytes that are no UTF-8 stay what they are."""
    return parse_qsl(query.decode(errors="surrogateescape"), keep_blank_values=True, errors="surrogateescape")


def _value(kind: Kind | None, text: str) -> Any:
    """A query has texts alone; what the field is decides what its text means. What does not fit is left as it is."""
    match kind:
        case Kind.DOUBLE | Kind.LONG if _is_number(text):
            return json.loads(text)
        case Kind.BOOLEAN if text in {"true", "false"}:
            return text == "true"
        case Kind.STRINGS:
            return text.split("|") if text else []
        case _:
            return text
