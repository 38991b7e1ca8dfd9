"""The `properties` of events, items and users: a JSON text with one camelCase key a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from personalize_local.limits import MAX_ID, MAX_TEXT, MAX_VALUE
from personalize_local.schemas.model import DatasetSchema, Field

FORBIDDEN: Final = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})
IDS: Final = frozenset({"USER_ID", "ITEM_ID"})

_BITS: Final = {"int": 31, "long": 63}
_TOO_LARGE: Final = {"float": 3.4028235677973366e38, "double": 1 << 1024}  # from here on, they say infinity
_is_whole = re.compile(r"-?\d{1,19}", re.ASCII).fullmatch
_is_number = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII).fullmatch


@dataclass(frozen=True, kw_only=True)
class Properties:
    """Values by column. `ignored`: keys that no column has; Personalize drops them without a word."""

    values: Mapping[str, Any]
    ignored: tuple[str, ...] = field(default=())


def column_key(column: str) -> str:
    """NUM_RATINGS -> numRatings."""
    first, *rest = [part for part in column.split("_") if part] or [column]
    return _lowered(first) + "".join(part[:1].upper() + _lowered(part)[1:] for part in rest)


def _lowered(part: str) -> str:
    return part.lower() if part.upper() == part else part[:1].lower() + part[1:]


def parse_properties(text: str, schema: DatasetSchema) -> Properties:
    """The columns' values: strings, ints, floats, booleans, None. Raises ValueError, as InvalidInput says it."""
    entries = _entries(text)
    if schema.dataset == "Interactions" and (bad := sorted(key for key in entries if key.lower() in FORBIDDEN)):
        raise ValueError(f"Error parsing properties json: the following keys are not allowed: {', '.join(bad)}.")
    columns = {column_key(column.name): column for column in schema.fields}
    values = {columns[key].name: _value(key, columns[key], value) for key, value in entries.items() if key in columns}
    return Properties(values=values, ignored=tuple(sorted(entries.keys() - columns.keys())))


def _entries(text: str) -> dict[str, Any]:
    try:
        entries = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError(f"Error parsing properties json: {error}.") from error
    if isinstance(entries, str):
        raise ValueError("Error parsing properties json: it is a text in a text, so it was encoded twice.")  # noqa: TRY004
    if not isinstance(entries, dict):
        raise ValueError("Error parsing properties json: an object is expected.")  # noqa: TRY004
    return entries


def _value(key: str, column: Field, value: Any) -> Any:
    if isinstance(value, list) and column.type == "string":
        value = _joined(key, column, value)
    if value is None or value == "":
        if not column.nullable:
            raise _refused(key, f"column {column.name} allows no null")
        return None
    return _READERS[column.type](key, column, value)


def _joined(key: str, column: Field, values: list[Any]) -> str:
    if not column.categorical or not all(isinstance(value, str) for value in values):
        raise _refused(key, "a list is for categorical columns, and of strings")
    return "|".join(values)


def _string(key: str, column: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _refused(key, f"column {column.name} is a string")
    limit = MAX_ID if column.name in IDS else MAX_VALUE
    if column.textual:
        return value[:MAX_TEXT]
    if len(value) > limit:
        raise _refused(key, f"the value has more than {limit} characters")
    return value


def _whole(key: str, column: Field, value: Any) -> int:
    # AWS's own examples write numbers as strings, too.
    if isinstance(value, str) and _is_whole(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    limit = 1 << _BITS[column.type]
    if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
        raise _refused(key, f"column {column.name} is of type {column.type}")
    return value


def _float(key: str, column: Field, value: Any) -> float:
    if isinstance(value, str) and _is_number(value):
        value = float(value)
    limit = _TOO_LARGE[column.type]
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit < value < limit:
        raise _refused(key, f"column {column.name} is of type {column.type}")
    return float(value)


def _boolean(key: str, column: Field, value: Any) -> bool:
    found = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _refused(key, f"column {column.name} is of type boolean")
    return found


def _refused(key: str, why: str) -> ValueError:
    return ValueError(f"Error parsing properties json: key {key}: {why}.")


_READERS: Final[Mapping[str, Callable[[str, Field, Any], Any]]] = {
    "string": _string,
    "int": _whole,
    "long": _whole,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
}
