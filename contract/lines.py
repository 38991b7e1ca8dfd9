"""A line of JSON to an object's values, or the rule of the line that it breaks. Plain Python, stricter than `json`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from contract import text
from contract.events import MAX_DEPTH, MAX_LINE_BYTES
from contract.rules import BY_ID as RULE
from contract.rules import Refused
from contract.schema import Kind, Record

_only_good_keys = re.compile(text.ONLY_GOOD_KEYS).match
_surrogate = re.compile(text.SURROGATE).search
_paired = re.compile(text.PAIRED_SURROGATES).sub
_not_structure = re.compile(text.NOT_STRUCTURE).sub
_pair = re.compile(text.PAIR)

MAX_DIGITS = 1_000  # of a number, as Jackson, Spark's JSON parser, has it


def read_object(line: bytes, inner: Sequence[str] = ()) -> dict[str, Any] | Refused:
    """The object on this line, its nulls left out, or the first rule of the line that it breaks.

    Keys that came twice are looked for in the object itself and in its fields `inner`.
    """
    if len(line) > MAX_LINE_BYTES:
        return Refused(RULE["line.size"])
    try:
        decoded = line.decode()
    except UnicodeDecodeError:
        return Refused(RULE["line.text"])
    if "\\u" in decoded and _surrogate(_paired("", decoded)):
        return Refused(RULE["line.text"])
    if _is_too_deep(decoded):
        return Refused(RULE["line.depth"])
    return _parse_json(decoded, inner)


def objects_in(record: Record) -> tuple[str, ...]:
    """Names of the record's fields that are objects."""
    return tuple(f.name for f in record.fields if f.kind in {Kind.OBJECT, Kind.SCALARS})


def _is_too_deep(decoded: str) -> bool:
    if decoded.count("{") + decoded.count("[") <= MAX_DEPTH:
        return False
    structure = _not_structure("", decoded)
    for _ in range(MAX_DEPTH):
        structure = _pair.sub("", structure)
    return _pair.search(structure) is not None


def _parse_json(decoded: str, inner: Sequence[str]) -> dict[str, Any] | Refused:
    try:
        found = _decode(decoded)
    except ValueError:
        return Refused(RULE["line.json"])
    if not isinstance(found, _Pairs):
        return Refused(RULE["line.json"])
    if not _only_good_keys(decoded):
        return Refused(RULE["line.keys"])
    ours = (found, *(found.get(name) for name in inner))
    if any(isinstance(o, _Pairs) and o.repeats for o in ours):
        return Refused(RULE["line.unique_keys"])
    return {key: value for key, value in found.items() if value is not None}


class _Pairs(dict[str, Any]):
    """A JSON object that remembers whether a key came twice."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeats = len(pairs) != len(self)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _int(digits: str) -> int:
    return int(_bounded(digits))


def _float(digits: str) -> float:
    return float(_bounded(digits))


def _bounded(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return digits


_decode = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=_refuse, parse_int=_int, parse_float=_float).decode
