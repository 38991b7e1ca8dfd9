"""The words in which the contract is written: records made of fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a JSON value may be."""

    STRING = "string"
    INSTANT = "instant"  # RFC 3339 text with an offset
    DOUBLE = "double"
    LONG = "long"
    BOOLEAN = "boolean"
    STRINGS = "strings"  # array of strings
    OBJECT = "object"  # fields of its own
    SCALARS = "scalars"  # open map: name -> string, number or boolean


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record. Lengths are in characters (code points), as Personalize counts them."""

    name: str
    kind: Kind
    doc: str
    example: object
    required: bool = False
    personal: bool = False  # data protection: hashed, masked or dropped where the person must not show
    max_length: int = 256
    max_items: int = 0  # of STRINGS and SCALARS
    pattern: str = ""  # the whole value; a syntax that Python's `re` and Java's share
    refused: frozenset[str] = frozenset()  # values that are no value
    minimum: int | None = None
    maximum: int | None = None
    fields: tuple[Field, ...] = ()  # of OBJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event, an item or a user."""

    name: str
    version: int
    doc: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


INSTANT_PATTERN = (
    r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
"""RFC 3339, narrowed to what every reader of ours takes alike; the calendar (30 February) is checked apart."""
