"""The contract as msgspec types: what values are, for type checkers and the decoder. The rules are the rule table's."""

from __future__ import annotations

from collections.abc import Iterator

from contract.catalog import ITEM, USER
from contract.events import EVENT
from contract.schema import Field, Kind, Record

_HEADER = '''"""Generated from the contract by `python -m contract.generate`. Do not edit."""

from msgspec import Struct
'''

_TYPES = {
    Kind.STRING: "str",
    Kind.INSTANT: "str",  # kept as written; `contract.times.parse_instant` reads it
    Kind.DOUBLE: "float",
    Kind.LONG: "int",
    Kind.BOOLEAN: "bool",
    Kind.STRINGS: "tuple[str, ...]",
    Kind.SCALARS: "dict[str, str | int | float | bool | None]",
}


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
    annotation = field.name.title() if field.kind is Kind.OBJECT else _TYPES[field.kind]
    return f"    {field.name}: {annotation}" if field.required else f"    {field.name}: {annotation} | None = None"
