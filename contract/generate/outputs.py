"""Every generated file, by its path from the project's root."""

from __future__ import annotations

from contract.catalog import ITEM, USER
from contract.events import EVENT
from contract.generate.avro import avro_schema
from contract.generate.columns import tables_json
from contract.generate.document import contract_page
from contract.generate.json_schema import json_schema
from contract.generate.openapi import openapi_json
from contract.generate.released import released_json
from contract.generate.types import types_module
from contract.projection import INTERACTIONS, ITEMS, USERS


def outputs() -> dict[str, str]:
    """Path -> text. A test compares each with the file that is committed."""
    folder = "contract/generated"
    return {
        f"{folder}/types.py": types_module(),
        f"{folder}/tables.json": tables_json(),
        f"{folder}/contract.json": released_json(),
        f"{folder}/openapi.json": openapi_json(),
        "docs/contract.md": contract_page(),
        **{f"{folder}/{r.name}.schema.json": json_schema(r) for r in (EVENT, ITEM, USER)},
        **{f"{folder}/{d.name.lower()}.avsc": avro_schema(d) for d in (INTERACTIONS, ITEMS, USERS)},
    }
