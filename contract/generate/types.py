"""The contract as msgspec types: what values are, for type checkers and the decoder. The rules are the rule table's."""

from __future__ import annotations

from collections.abc import Iterator

from contract.catalog import ITEM, USER
from contract.events import EVENT
from contract.schema import Field, Kind, Record

_HEADER = '''"""Generated from the contract by `python -m contract.generate`. Do not edit."""

from typing import Annotated

from msgspec import Meta, Struct
'''


def types_module() -> str:
    """Source of `contract/generated/types.py`."""
    classes = [c for record in (EVENT, ITEM, USER) for c in _classes(record)]
    return "\n\n".join([_HEADER, *classes])


def _classes(record: Record) -> Iterator[str]:
    for field in record.fields:
        if field.kind is Kind.OBJECT:
            yield _class(field.name.title(), field.doc, field.fields)
    yield _class(record.name.title(), record.doc, record.fields)


def _class(name: str, doc: str, fields: tuple[Field, ...]) -> str:
    lines = "\n".join(_attribute(f) for f in fields)
    return f'class {name}(Struct, frozen=True, kw_only=True, omit_defaults=True):\n    """{doc}"""\n\n{lines}\n'


def _attribute(field: Field) -> str:
    annotation = _type(field)
    return f"    {field.name}: {annotation}" if field.required else f"    {field.name}: {annotation} | None = None"


def _type(field: Field) -> str:
    """Lengths and ranges are told to the decoder, which asks them at no cost; patterns it would ask slowly."""
    match field.kind:
        case Kind.STRING:
            return f"Annotated[str, Meta(min_length=1, max_length={field.max_length})]"
        case Kind.INSTANT:
            return "str"  # kept as written; `contract.times.parse_instant` reads it
        case Kind.DOUBLE:
            return "float"
        case Kind.LONG:
            return f"Annotated[int, Meta(ge={field.minimum}, le={field.maximum})]"
        case Kind.BOOLEAN:
            return "bool"
        case Kind.STRINGS:
            one = f"Annotated[str, Meta(min_length=1, max_length={field.max_length})]"
            return f"Annotated[tuple[{one}, ...], Meta(max_length={field.max_items})]"
        case Kind.OBJECT:
            return field.name.title()
        case Kind.SCALARS:
            one = f"Annotated[str, Meta(max_length={field.max_length})] | int | float | bool | None"
            return f"Annotated[dict[str, {one}], Meta(max_length={field.max_items})]"
