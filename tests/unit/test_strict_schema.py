"""The strict reader's view of schemas: the contract's are taken, and each of its rules refuses one alone."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.strict_schema import NotAccepted, read_schema

pytestmark = pytest.mark.unit

GENERATED = Path(__file__).parents[2] / "contract" / "generated"
SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "BRAND", "type": ["null", "string"], "categorical": True},
        {"name": "DESCRIPTION", "type": ["string", "null"], "textual": True},
        {"name": "PRICE", "type": ["float", "null"]},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
COLUMN = {field["name"]: n for n, field in enumerate(SCHEMA["fields"])}


def refusal(schema: dict[str, Any]) -> tuple[str, int, str, str]:
    with pytest.raises(NotAccepted) as found:
        read_schema(schema)
    return found.value.file, found.value.row, found.value.column, found.value.rule


@pytest.mark.parametrize("name", ["interactions", "items", "users"])
def test_the_contracts_schemas_are_taken(name: str) -> None:
    schema = json.loads((GENERATED / f"{name}.avsc").read_bytes())

    assert [field.name for field in read_schema(schema)] == [field["name"] for field in schema["fields"]]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"type": "array"}, "schema.type"),
        ({"name": "items"}, "schema.name"),
        ({"name": "Actions"}, "schema.name"),
        ({"namespace": "com.example"}, "schema.namespace"),
        ({"version": 1.0}, "schema.version"),
        ({"doc": "?"}, "schema.keys"),
        ({"fields": SCHEMA["fields"][1:]}, "schema.required"),
        ({"fields": [SCHEMA["fields"][0], SCHEMA["fields"][-1]]}, "schema.metadata"),
        (
            {"fields": [SCHEMA["fields"][0], *({"name": f"C{n}", "type": "long"} for n in range(101))]},
            "schema.metadata",
        ),
        ({"fields": [*SCHEMA["fields"], {"name": "brand", "type": "long"}]}, "schema.unique_names"),
        ({"fields": [*SCHEMA["fields"], {"name": "PR_ICE", "type": "long"}]}, "schema.unique_names"),
        ({"fields": [*SCHEMA["fields"], {"name": "T", "type": "string", "textual": True}]}, "schema.textual"),
    ],
)
def test_a_schema_that_is_not_clearly_allowed_is_refused(changed: dict[str, Any], rule: str) -> None:
    assert refusal({**SCHEMA, **changed}) == ("schema", 0, "", rule)


@pytest.mark.parametrize(
    ("name", "changed", "rule"),
    [
        ("PRICE", {"name": "2ND_PRICE"}, "field.name"),
        ("PRICE", {"name": "PRICE-EUR"}, "field.name"),
        ("PRICE", {"name": "P" * 151}, "field.name"),
        ("PRICE", {"name": None}, "field.name"),
        ("PRICE", {"default": 0}, "field.keys"),
        ("PRICE", {"type": "decimal"}, "field.type"),
        ("PRICE", {"type": "null"}, "field.type"),
        ("PRICE", {"type": {"type": "array", "items": "string"}}, "field.type"),
        ("PRICE", {"type": ["float", "double", "null"]}, "field.union"),
        ("PRICE", {"type": ["float", "double"]}, "field.union"),
        ("PRICE", {"type": ["float"]}, "field.union"),
        ("PRICE", {"type": ["null", "null"]}, "field.union"),
        ("PRICE", {"categorical": True}, "field.categorical"),
        ("PRICE", {"textual": True}, "field.textual"),
        ("BRAND", {"textual": True}, "field.flags"),
        ("BRAND", {"categorical": "true"}, "field.flags"),
        ("ITEM_ID", {"type": ["string", "null"]}, "field.required"),
        ("ITEM_ID", {"type": "long"}, "field.required"),
        ("ITEM_ID", {"categorical": True}, "field.reserved_flags"),
        ("CREATION_TIMESTAMP", {"type": "string"}, "field.reserved"),
    ],
)
def test_a_field_that_is_not_clearly_allowed_is_refused(name: str, changed: dict[str, Any], rule: str) -> None:
    schema = copy.deepcopy(SCHEMA)
    schema["fields"][COLUMN[name]].update(changed)

    assert refusal(schema) == ("schema", 0, str(changed.get("name", name)), rule)


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ({"name": "EVENT_TYPE", "type": ["string", "null"]}, "field.reserved"),
        ({"name": "EVENT_TYPE", "type": "string", "categorical": True}, "field.reserved_flags"),
        ({"name": "EVENT_VALUE", "type": "double"}, "field.reserved"),
        ({"name": "IMPRESSION", "type": "string", "categorical": True}, "field.reserved_flags"),
        ({"name": "NOTE", "type": "string", "textual": True}, "field.textual"),
        ({"name": "TIMESTAMP", "type": "int"}, "field.required"),
    ],
)
def test_fields_of_interactions_are_as_reserved(field: dict[str, Any], rule: str) -> None:
    required = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID")]
    schema = {**SCHEMA, "name": "Interactions", "fields": [*required, field]}

    assert refusal(schema) == ("schema", 0, field["name"], rule)
