"""The contract as JSON Schema, draft 2020-12: for editors, gateways and other languages.

It says what a schema can say. Rules of the line's text (repeated keys, depth) and of the clock are the reader's.
"""

from __future__ import annotations

import json
from typing import Any

from contract.events import EVENT, NEEDS_ITEM, NEEDS_VALUE
from contract.schema import INSTANT_PATTERN, Field, Kind, Record


def json_schema(record: Record) -> str:
    """The record's schema as indented JSON."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": record.name,
        "description": record.doc,
        **_object(record.fields),
    }
    if record is EVENT:
        schema |= _event_rules()
    return json.dumps(schema, indent=2) + "\n"


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {f.name: _field(f) for f in fields}}
    if required := [f.name for f in fields if f.required]:
        schema["required"] = required
    return schema


def _field(field: Field) -> dict[str, Any]:
    schema = _value(field)
    if not field.required:
        schema = {"anyOf": [schema, {"type": "null"}]}
    described = {"description": field.doc, "examples": [field.example], **schema}
    return described | {"x-personal": True} if field.personal else described


def _value(field: Field) -> dict[str, Any]:
    match field.kind:
        case Kind.STRING:
            return _string(field)
        case Kind.INSTANT:
            return {"type": "string", "format": "date-time", "pattern": _whole(INSTANT_PATTERN)}
        case Kind.DOUBLE:
            return {"type": "number"} | _bounds(field)
        case Kind.LONG:
            return {"type": "integer"} | _bounds(field)
        case Kind.BOOLEAN:
            return {"type": "boolean"}
        case Kind.STRINGS:
            items = {"type": "string", "pattern": _whole(field.pattern)}
            return {"type": "array", "items": items, "maxItems": field.max_items}
        case Kind.OBJECT:
            return _object(field.fields)
        case Kind.SCALARS:
            return _scalars(field)


def _string(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": field.max_length}
    if field.pattern:
        schema["pattern"] = _whole(field.pattern)
    if field.refused:
        schema["not"] = {"enum": sorted(field.refused)}
    return schema


def _scalars(field: Field) -> dict[str, Any]:
    scalar = {"type": ["string", "number", "boolean", "null"], "maxLength": field.max_length}
    return {
        "type": "object",
        "propertyNames": {"pattern": _whole(field.pattern)},
        "additionalProperties": scalar,
        "maxProperties": field.max_items,
    }


def _bounds(field: Field) -> dict[str, Any]:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _event_rules() -> dict[str, Any]:
    present = {name: {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in _ASKED}

    def needs(types: tuple[str, ...], name: str) -> dict[str, Any]:
        return {"if": {"properties": {"event_type": {"enum": list(types)}}}, "then": present[name]}

    return {
        "anyOf": [present["user_id"], present["anonymous_id"]],
        "allOf": [
            needs(NEEDS_ITEM, "item_id"),
            needs(NEEDS_VALUE, "value"),
            {
                "if": present["producer_id"],
                "then": present["producer_seq"],
                "else": {"not": present["producer_seq"]},
            },
        ],
    }


_ASKED = ("user_id", "anonymous_id", "item_id", "value", "producer_id", "producer_seq")
