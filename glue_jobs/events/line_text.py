"""A line as text, in Spark columns: what a JSON parser hides. The patterns are `contract.text`'s."""

from __future__ import annotations

import operator
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from contract import text
from contract.events import MAX_DEPTH, MAX_LINE_BYTES
from contract.rules import Check, Rule

# Java asks the ranges of a character class one by one, and holds single characters in one table: a third faster.
_CONTROLS = (r"\x00-\x1f", "".join(rf"\x{n:02x}" for n in range(0x20)))
STRICT = {
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "mode": "PERMISSIVE",
    "columnNameOfCorruptRecord": "_corrupt",
}


def whole(pattern: str) -> str:
    """The pattern for `rlike`, which searches, as one for the whole value."""
    return rf"\A(?:{pattern})\z"


def is_blank(line: Column) -> Column:
    return line.rlike(_java(text.BLANK))


def is_canonical(line: Column) -> Column:
    """Whether our own encoder writes an event so: see `contract.text.CANONICAL`."""
    return (F.octet_length(line) <= MAX_LINE_BYTES) & line.rlike(_java(text.CANONICAL).replace(*_CONTROLS))


def breaks(rule: Rule, line: Column) -> Column:
    """Whether the line breaks one of `contract.rules.LINE_RULES`."""
    match rule.check:
        case Check.LINE_SIZE:
            return F.octet_length(line) > MAX_LINE_BYTES
        case Check.LINE_TEXT:
            return ~_is_utf8(line) | F.regexp_replace(line, text.PAIRED_SURROGATES, "").rlike(text.SURROGATE)
        case Check.LINE_DEPTH:
            return _replace(_structure(line), text.PAIR, "", rounds=MAX_DEPTH).rlike(text.PAIR)
        case Check.LINE_JSON:
            return ~_is_one_object(line) | F.from_json(line, "_corrupt string", STRICT)["_corrupt"].isNotNull()
        case Check.LINE_KEYS:
            return ~line.rlike(_java(text.ONLY_GOOD_KEYS))
        case Check.LINE_UNIQUE_KEYS:
            nested = (F.get_json_object(line, f"$.{name}") for name in ("context", "properties", "consent"))
            return reduce(operator.or_, map(_keys_repeat, nested), _keys_repeat(line))
        case _:
            raise AssertionError(rule)


def tokens(json_text: Column) -> Column:
    """Key -> what its value is: "" a string, a number or word as written, or a mark of `contract.text`."""
    skeleton = F.regexp_replace(json_text, text.TO_SKELETON, text.SKELETON_IN_JAVA)
    marked = F.regexp_replace(skeleton, *text.STRINGS_TO_MARK)
    for pattern, mark in text.NESTED_TO_MARKS * (MAX_DEPTH - 1):
        marked = F.regexp_replace(marked, pattern, mark)
    return F.from_json(F.regexp_replace(marked, text.TO_TOKENS, text.TOKENS_IN_JAVA), "map<string,string>")


def _java(pattern: str) -> str:
    """Python's end of text is Java's `\\z`; in Java, `\\Z` lets a last line break follow."""
    return pattern.replace(r"\Z", r"\z")


def _is_utf8(line: Column) -> Column:
    raw = line.cast("binary")
    return F.encode(F.decode(raw, "UTF-8"), "UTF-8") == raw


def _structure(line: Column) -> Column:
    return F.regexp_replace(line, text.NOT_STRUCTURE, "")


def _is_one_object(line: Column) -> Column:
    inner = _replace(_structure(line), text.INNER_PAIRS, "", rounds=MAX_DEPTH - 1)
    return line.rlike(_java(text.OBJECT_FROM_END_TO_END)) & (inner == "{}")


def _replace(column: Column, pattern: str, by: str, *, rounds: int) -> Column:
    return reduce(lambda c, _: F.regexp_replace(c, pattern, by), range(rounds), column)


def _keys_repeat(json_text: Column) -> Column:
    keys = F.json_object_keys(json_text)
    return F.coalesce(F.size(keys) > F.size(F.array_distinct(keys)), F.lit(False))
