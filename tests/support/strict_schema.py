"""A dataset's Avro schema as Amazon Personalize's rules allow it, and nothing that they do not clearly allow.

Written from the documented rules alone; it shares no code with what writes or judges the files. Knows the datasets
Interactions, Items and Users.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAMESPACE = "com.amazonaws.personalize.schema"
_TYPES = {"float", "double", "int", "long", "string", "boolean"}
_REQUIRED = {
    "Interactions": {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
    "Items": {"ITEM_ID": "string"},
    "Users": {"USER_ID": "string"},
}
# Name -> its type, and whether it may be null.
_RESERVED = {
    "Interactions": {
        "EVENT_TYPE": ("string", False),
        "EVENT_VALUE": ("float", True),
        "IMPRESSION": ("string", True),
        "RECOMMENDATION_ID": ("string", True),
        "EVENT_ATTRIBUTION_SOURCE": ("string", True),
    },
    "Items": {"CREATION_TIMESTAMP": ("long", True)},
    "Users": {},
}
KEYWORDS = {name for by_dataset in (_REQUIRED, _RESERVED) for names in by_dataset.values() for name in names}
_METADATA = {"Interactions": range(6), "Items": range(1, 101), "Users": range(1, 26)}
_TEXTUAL_ALLOWED = 1
_LONGEST_NAME = 150
_is_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch


class NotAccepted(Exception):
    """What Personalize might not accept. `row` counts from the header, which is row 1; 0 is the file as a whole."""

    def __init__(self, file: str, row: int, column: str, rule: str) -> None:
        super().__init__(f"{file}, row {row}, column {column!r}: {rule}")
        self.file, self.row, self.column, self.rule = file, row, column, rule


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    nullable: bool
    categorical: bool
    textual: bool


def read_schema(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields in their order. Raises `NotAccepted` with the file "schema"."""
    _demand(set(schema) == {"type", "name", "namespace", "fields", "version"}, "schema.keys")
    _demand(schema["type"] == "record", "schema.type")
    _demand(schema["name"] in tuple(_REQUIRED), "schema.name")
    _demand(schema["namespace"] == _NAMESPACE, "schema.namespace")
    _demand(schema["version"] == "1.0", "schema.version")
    fields = tuple(_field(entry, schema["name"]) for entry in schema["fields"])
    _check_together(fields, schema["name"])
    return fields


def _demand(holds: bool, rule: str, column: str = "") -> None:  # noqa: FBT001  # read as: demand that
    if not holds:
        raise NotAccepted("schema", 0, column, rule)


def _field(entry: Mapping[str, Any], dataset: str) -> Field:
    name = str(entry.get("name"))
    named = entry.get("name") == name and _is_name(name) is not None and len(name) <= _LONGEST_NAME
    _demand(named, "field.name", name)
    _demand({"name", "type"} <= set(entry) <= {"name", "type", "categorical", "textual"}, "field.keys", name)
    flags = [entry.get(flag, False) for flag in ("categorical", "textual")]
    _demand(all(isinstance(flag, bool) for flag in flags), "field.flags", name)
    kind, nullable = _type(entry["type"], name)
    field = Field(name, kind, nullable, *flags)
    _check_flags(field, dataset)
    _check_named(field, dataset)
    return field


def _type(declared: Any, name: str) -> tuple[str, bool]:
    """A type's name, and whether null may stand in its place."""
    if isinstance(declared, str):
        _demand(declared in _TYPES, "field.type", name)
        return declared, False
    _demand(isinstance(declared, list) and all(isinstance(member, str) for member in declared), "field.type", name)
    others = [member for member in declared if member != "null"]
    _demand(len(declared) == 2 and len(others) == 1 and others[0] in _TYPES, "field.union", name)
    return others[0], True


def _check_flags(field: Field, dataset: str) -> None:
    _demand(not (field.categorical and field.textual), "field.flags", field.name)
    _demand(not field.categorical or field.type == "string", "field.categorical", field.name)
    _demand(not field.textual or (field.type == "string" and dataset == "Items"), "field.textual", field.name)


def _check_named(field: Field, dataset: str) -> None:
    if field.name in _REQUIRED[dataset]:
        _demand((field.type, field.nullable) == (_REQUIRED[dataset][field.name], False), "field.required", field.name)
    elif field.name in _RESERVED[dataset]:
        kind, nullable = _RESERVED[dataset][field.name]
        _demand(field.type == kind and (nullable or not field.nullable), "field.reserved", field.name)
    else:
        return
    _demand(not field.categorical and not field.textual, "field.reserved_flags", field.name)


def _check_together(fields: tuple[Field, ...], dataset: str) -> None:
    names = [field.name for field in fields]
    _demand(len({name.replace("_", "").upper() for name in names}) == len(names), "schema.unique_names")
    _demand(_REQUIRED[dataset].keys() <= set(names), "schema.required")
    own = [name for name in names if name not in _REQUIRED[dataset].keys() | _RESERVED[dataset].keys()]
    _demand(len(own) in _METADATA[dataset], "schema.metadata")
    _demand(sum(field.textual for field in fields) <= _TEXTUAL_ALLOWED, "schema.textual")
