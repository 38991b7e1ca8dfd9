"""Regular expressions over a line of JSON, in the syntax that Python's `re` and Java's share.

They see what a JSON parser hides: which text a token had, what follows the value, how keys were written.
"""

from __future__ import annotations

from contract.events import EVENT
from contract.schema import INSTANT_PATTERN, Field, Kind

SPACE = r"[ \t\r\n]"
STRING = r'"(?:[^"\\]++|\\.)*+"'
GOOD_KEY = r'"[^"\\{}\[\]<>,:]*+"' + SPACE + "*+:"

# What is left of a line without its strings is structure; pairs of brackets are taken out from the inside, once a
# level. A pair that is left after MAX_DEPTH rounds lay too deep.
NOT_STRUCTURE = rf"{STRING}|[^\[\]{{}}]"
PAIR = r"\[\]|\{\}"
INNER_PAIRS = r"(?<=[\[{])(?:\[\]|\{\})++"  # so that two objects side by side stay two

BLANK = rf"\A{SPACE}*+\Z"
OBJECT_FROM_END_TO_END = rf"\A{SPACE}*+\{{[\s\S]*\}}{SPACE}*\Z"
ONLY_GOOD_KEYS = rf'\A(?:[^"]++|{GOOD_KEY}|{STRING}(?!{SPACE}*+:))*+\Z'

# Escaped backslashes and whole surrogate pairs are taken out; a surrogate that is left stands alone.
PAIRED_SURROGATES = r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
SURROGATE = r"\\u[dD][89a-fA-F]"

# The skeleton of a line: space goes, strings become nothing, keys and all else stay.
TO_SKELETON = rf"{SPACE}++|({STRING}){SPACE}*+(:)|{STRING}"
SKELETON_IN_JAVA = "$1$2"

# What an event holds in a skeleton, quoted: then it is JSON again, a map from key to token.
TO_TOKENS = r":([^,}]*+)"
TOKENS_IN_JAVA = ':"$1"'

# In a skeleton, what lies inside the event becomes a mark: array of strings, flat object, other object, other array.
OF_STRINGS, FLAT, NOT_FLAT, OTHER_ARRAY = "<s>", "<f>", "<o>", "<a>"
_INSIDE = r"(?<=[:,\[])"
STRINGS_TO_MARK = (_INSIDE + r"\[,*+\]", OF_STRINGS)
NESTED_TO_MARKS = (
    (_INSIDE + r"\{[^{}\[\]<]*+\}", FLAT),
    (_INSIDE + r"\{[^{}\[\]]*+\}", NOT_FLAT),
    (_INSIDE + r"\[[^{}\[\]]*+\]", OTHER_ARRAY),
)

INTEGER = r"-?(?:0|[1-9][0-9]*+)"
NUMBER = INTEGER + r"(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"


def _plain(pattern: str) -> str:
    return f'"{pattern}"'


def _value(field: Field) -> str:
    """How our encoder writes a value of this field that keeps its rules, or less: never more."""
    text = rf'[^"\\\x00-\x1f\ufffd]{{1,{field.max_length}}}+'
    number = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?(?:e[+-]?[0-9]{1,2})?"
    scalar = rf'(?:"[^"\\\x00-\x1f\ufffd]{{0,{field.max_length}}}+"|{number}|true|false)'
    match field.kind:
        case Kind.STRING:
            return _plain(field.pattern or text)
        case Kind.INSTANT:
            return _plain(INSTANT_PATTERN)
        case Kind.DOUBLE:
            return number
        case Kind.LONG:
            return r"[1-9][0-9]{0,14}" if field.maximum and field.maximum > 1 else str(field.maximum)
        case Kind.BOOLEAN:
            return "(?:true|false)"
        case Kind.STRINGS:
            item = r'"[^"\\|\x00-\x1f\ufffd]{1,256}+"'
            return rf"\[(?>(?:{item}(?:,{item}){{0,{field.max_items - 1}}})?)\]"
        case Kind.OBJECT:
            return _object(field.fields)
        case Kind.SCALARS:
            pair = rf'"{field.pattern}":{scalar}'
            return rf"\{{(?>(?:{pair}(?:,{pair}){{0,{field.max_items - 1}}})?)\}}"


def _object(fields: tuple[Field, ...]) -> str:
    # Atomic groups, not "?+": Python before 3.11.5 does not step back from a possessive group that failed half-way
    # (CPython issue 106052), and would take a line without a comma.
    pairs = (rf'"{f.name}":{_value(f)}(?:,(?=")|(?=\}}))' for f in fields)
    optional = (pair if f.required else f"(?>(?:{pair})?)" for f, pair in zip(fields, pairs, strict=True))
    return rf"\{{{''.join(optional)}\}}"


CANONICAL = rf"\A{_object(EVENT.fields)}\Z"
"""A line as our own encoder writes it, but for what a regular expression cannot see (calendar, repeated
properties, refused values, the rules across fields). Such a line needs no other look at its text."""
