"""A Personalize schema's columns, and what is wrong with the schema itself."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glue_jobs.gate import limits
from glue_jobs.gate.model import Offence, cut

NAMESPACE = "com.amazonaws.personalize.schema"
TYPES = ("string", "int", "long", "float", "double", "boolean")
REQUIRED = {
    "Interactions": {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
    "Items": {"ITEM_ID": "string"},
    "Users": {"USER_ID": "string"},
}
RESERVED = {
    "Interactions": {
        "EVENT_TYPE": "string",
        "EVENT_VALUE": "float",
        "IMPRESSION": "string",
        "RECOMMENDATION_ID": "string",
        "EVENT_ATTRIBUTION_SOURCE": "string",
    },
    "Items": {"CREATION_TIMESTAMP": "long"},
    "Users": {},
}
SCHEMA = "schema"  # stands for the file in an offence
_NAME = re.compile(rf"[A-Za-z_][A-Za-z\d_]{{0,{limits.MAX_COLUMN_NAME - 1}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """As the schema says it, or the nearest that makes sense where the schema makes none."""

    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    dataset: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def metadata(self) -> list[str]:
        """What training learns beside the columns that Personalize names itself."""
        named = REQUIRED.get(self.dataset, {}).keys() | RESERVED.get(self.dataset, {}).keys()
        return [name for name in self.names if name not in named]


def read_schema(avro: Mapping[str, Any]) -> Schema:
    """Lenient: faults are `schema_faults`' to name."""
    return Schema(dataset=str(avro.get("name")), columns=tuple(_column(field) for field in _fields(avro)))


def _fields(avro: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    fields = avro.get("fields")
    return [field for field in fields if isinstance(field, Mapping)] if isinstance(fields, list) else []


def _column(field: Mapping[str, Any]) -> Column:
    types = _types(field)
    known = [found for found in types if found in TYPES]
    return Column(
        name=str(field.get("name")),
        type=known[0] if known else "string",
        nullable="null" in types,
        categorical=field.get("categorical") is True,
        textual=field.get("textual") is True,
    )


def _types(field: Mapping[str, Any]) -> list[Any]:
    found = field.get("type")
    return found if isinstance(found, list) else [found]


def schema_faults(avro: Mapping[str, Any], max_characters: int) -> Iterator[Offence]:
    """Every rule of Personalize's that the schema breaks."""
    schema = read_schema(avro)
    for column, fault in _faults(avro, schema, max_characters):
        yield Offence(SCHEMA, None, column, cut(fault))


def _faults(avro: Mapping[str, Any], schema: Schema, max_characters: int) -> Iterator[tuple[str, str]]:
    if avro.get("type") != "record":
        yield "", "its type is not record"
    if schema.dataset not in REQUIRED:
        yield "", f"its name {schema.dataset!r} is none of {', '.join(REQUIRED)}"
    if avro.get("namespace") != NAMESPACE:
        yield "", f"its namespace is not {NAMESPACE}"
    if (size := len(json.dumps(avro))) > max_characters:
        yield "", f"it has {size:,} characters"
    for field in _fields(avro):
        yield from ((str(field.get("name")), fault) for fault in _field_faults(field, schema.dataset))
    yield from _faults_together(schema)


def _field_faults(field: Mapping[str, Any], dataset: str) -> Iterator[str]:
    name, types, column = field.get("name"), _types(field), _column(field)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield "its name has other characters than letters, digits and _, or over 150"
    values = [found for found in types if found != "null"]
    if len(values) != 1 or values[0] not in TYPES or len(types) > len(values) + 1:
        yield "its type is neither a simple one nor a union of a simple one with null"
        return
    if column.categorical and column.type != "string":
        yield "only strings are categorical"
    if column.textual and (dataset != "Items" or column.type != "string"):
        yield "only strings of Items are textual"
    yield from _reserved_faults(column, dataset)


def _reserved_faults(column: Column, dataset: str) -> Iterator[str]:
    required = REQUIRED.get(dataset, {}).get(column.name)
    reserved = required or RESERVED.get(dataset, {}).get(column.name)
    if reserved and column.type != reserved:
        yield f"its type must be {reserved}"
    if required and column.nullable:
        yield "it may not be null"
    if reserved and (column.categorical or column.textual):
        yield "a reserved column is neither categorical nor textual"


def _faults_together(schema: Schema) -> Iterator[tuple[str, str]]:
    for name in REQUIRED.get(schema.dataset, {}):
        if name not in schema.names:
            yield name, "it is required"
    alike = Counter(name.replace("_", "").upper() for name in schema.names)
    yield from (
        (name, "another column has this name, but for underscores and case")
        for name in schema.names
        if alike[name.replace("_", "").upper()] > 1
    )
    if sum(column.textual for column in schema.columns) > limits.MAX_TEXT_COLUMNS:
        yield "", "more than one column is textual"
