"""The tables of the lake as columns, in order. Types are words that Spark SQL, Hive and Athena all read."""

from __future__ import annotations

from dataclasses import dataclass

from contract.events import EVENT
from contract.schema import Field, Kind

_SCALAR_TYPES = {
    Kind.STRING: "string",
    Kind.INSTANT: "timestamp",
    Kind.DOUBLE: "double",
    Kind.LONG: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.STRINGS: "array<string>",
    Kind.SCALARS: "map<string,string>",  # numbers and booleans as their JSON text
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    doc: str


def field_type(field: Field) -> str:
    """The type of a field's column."""
    if field.kind is Kind.OBJECT:
        return "struct<" + ",".join(f"{f.name}:{field_type(f)}" for f in field.fields) + ">"
    return _SCALAR_TYPES[field.kind]


def json_type(field: Field) -> str:
    """The type as which a JSON reader takes the field: instants come as text."""
    if field.kind is Kind.OBJECT:
        return "struct<" + ",".join(f"{f.name}:{json_type(f)}" for f in field.fields) + ">"
    return "string" if field.kind is Kind.INSTANT else _SCALAR_TYPES[field.kind]


SOURCE_COLUMNS = (
    Column("source_object", "string", "Key of the raw object that held the line."),
    Column("source_line", "bigint", "Its line in that object, from 1."),
)

EVENTS_TABLE = (*(Column(f.name, field_type(f), f.doc) for f in EVENT.fields), *SOURCE_COLUMNS)
"""One row an event, once. Partitioned by dt, the day (or month) of occurred_at in UTC."""

QUARANTINE_TABLE = (
    Column("reason", "string", "Why, as a code; the same from every reader."),
    Column("rule", "string", "The rule of the contract that the line breaks."),
    Column("payload", "binary", "The line as it came, byte for byte, without its newline."),
    Column("event_id", "string", "The event's id where it could be read."),
    Column("producer_id", "string", "The producer that stamped it, where it could be read."),
    Column("producer_seq", "bigint", "Its number, where it could be read."),
    *SOURCE_COLUMNS,
)
"""One row a line that is no event. Partitioned by dt, the day on which it arrived."""

EVENT_JSON = ",".join(f"{f.name} {json_type(f)}" for f in EVENT.fields)
"""The event as Spark's JSON reader is told to read it (DDL)."""
