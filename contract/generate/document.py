"""The contract as a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from contract.catalog import ITEM, USER
from contract.columns import EVENTS_TABLE, QUARANTINE_TABLE, Column
from contract.events import EVENT
from contract.projection import EXPORTED_TYPES, INTERACTIONS, ITEMS, USERS, Dataset
from contract.rules import RULES, Rule, field_rules
from contract.schema import Field, Kind, Record

_INTRODUCTION = """<!-- Generated from contract/ by `python -m contract.generate`. Do not edit. -->
# The contract

What an event, an item and a user are. Producers, the stream's consumers, the Spark jobs, the lake's tables and
Personalize's schemas all derive from it. Fields that it does not name are ignored: a newer producer is no fault.
"""


def contract_page() -> str:
    """`docs/contract.md`."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield _INTRODUCTION
    for record in (EVENT, ITEM, USER):
        yield from _record(record)
    yield "## Verdicts\n"
    yield "A line that breaks a rule goes to the quarantine with the first rule that it breaks, in this order.\n"
    yield from _rules(RULES)
    for record in (ITEM, USER):
        yield f"\n### {record.name.title()}s\n\nThe rules of the line as above (`line.*`), then:\n"
        yield from _rules(field_rules(record))
    yield "\n## Tables of the lake\n"
    for name, columns in (("events", EVENTS_TABLE), ("quarantine", QUARANTINE_TABLE)):
        yield from _table(name, columns)
    yield "## What Personalize gets\n"
    yield f"Event types: {', '.join(EXPORTED_TYPES)}.\n"
    for dataset in (INTERACTIONS, ITEMS, USERS):
        yield from _dataset(dataset)


def _rules(rules: Sequence[Rule]) -> Iterator[str]:
    yield "| rule | reason |\n|---|---|"
    yield from (f"| `{rule.id}` | {rule.reason} |" for rule in rules)


def _record(record: Record) -> Iterator[str]:
    yield f"## {record.name.title()}, version {record.version}\n\n{record.doc}\n"
    yield "| field | | what | example |\n|---|---|---|---|"
    for field in record.fields:
        yield from _field(field, "")
    yield ""


def _field(field: Field, prefix: str) -> Iterator[str]:
    marks = ("required" if field.required else "", "personal" if field.personal else "")
    example = "" if field.kind is Kind.OBJECT else f"`{json.dumps(field.example)}`"
    kind = ", ".join(word for word in (_kind(field), *marks) if word)
    yield f"| `{prefix}{field.name}` | {kind} | {field.doc} | {example} |"
    for child in field.fields:
        yield from _field(child, f"{prefix}{field.name}.")


def _kind(field: Field) -> str:
    match field.kind:
        case Kind.STRING:
            return f"string ≤ {field.max_length}"
        case Kind.STRINGS:
            return f"strings ≤ {field.max_items}"
        case Kind.SCALARS:
            return f"map ≤ {field.max_items}"
        case _:
            return str(field.kind)


def _table(name: str, columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"### {name}\n\n| column | type | |\n|---|---|---|"
    yield from (f"| `{c.name}` | {c.type.replace('|', ' ')} | {c.doc} |" for c in columns)
    yield ""


def _dataset(dataset: Dataset) -> Iterator[str]:
    yield f"### {dataset.name}\n\n| column | Avro type | from |\n|---|---|---|"
    for c in dataset.columns:
        marks = [
            word for word, on in (("null", c.nullable), ("categorical", c.categorical), ("textual", c.textual)) if on
        ]
        yield f"| `{c.name}` | {', '.join([c.type, *marks])} | `{c.source}` |"
    yield ""
