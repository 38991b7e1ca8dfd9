"""The form in which our own encoder writes an event, as a regular expression that is quick in Python.

For lines without a backslash. Unlike `contract.text.CANONICAL` it asks for times in UTC of this century, and does not
look for control characters, which every JSON parser refuses.
"""

from __future__ import annotations

from contract.events import EVENT
from contract.schema import Field, Kind

# Digits, ranges and the calendar are left to `datetime.fromisoformat`, which is several times as fast as a pattern.
_INSTANT = r"20..-..-..T(?!24)..:..:..(?:\.[0-9]{1,6})?Z"
_NUMBER = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?(?:e[+-]?[0-9]{1,2})?"


def _value(field: Field) -> str:
    scalar = rf'(?:"[^"]{{0,{field.max_length}}}+"|{_NUMBER}|true|false)'
    match field.kind:
        case Kind.STRING:
            return f'"{field.pattern}"' if field.pattern else rf'"[^"]{{1,{field.max_length}}}+"'
        case Kind.INSTANT:
            return f'"{_INSTANT}"'
        case Kind.DOUBLE:
            return _NUMBER
        case Kind.LONG:
            return r"[1-9][0-9]{0,14}" if field.maximum and field.maximum > 1 else str(field.maximum)
        case Kind.BOOLEAN:
            return "(?:true|false)"
        case Kind.STRINGS:
            return _many(r'"[^"|]{1,256}+"', field.max_items, r"\[", r"\]")
        case Kind.OBJECT:
            return rf"\{{{''.join(map(_inner_pair, field.fields))}\}}"
        case Kind.SCALARS:
            return _many(rf'"{field.pattern}":{scalar}', field.max_items, r"\{", r"\}")


def _many(one: str, most: int, opening: str, closing: str) -> str:
    return rf"{opening}(?>(?:{one}(?:,{one}){{0,{most - 1}}})?){closing}"


def _inner_pair(field: Field) -> str:
    return rf'(?>(?:"{field.name}":{_value(field)}(?:,(?=")|(?=\}})))?)'


def _pair(field: Field) -> str:
    # Begins with a letter of the name, which the regular expression's engine looks at before it tries the branch.
    pair = rf'{field.name}":{_value(field)},"'
    return pair if field.required else f"(?>{pair}|)"


END = ',"'
"""Stands in a line that is asked in the place of its last brace: then every pair ends alike."""

OURS = rf'\{{"{"".join(map(_pair, EVENT.fields))}\Z'
"""What is left to ask of such a line is what `contract.text.CANONICAL` leaves, and whether its times are times."""
