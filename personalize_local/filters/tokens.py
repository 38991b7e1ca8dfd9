"""Splits the text of a filter into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from personalize_local.filters.model import FilterError

Kind = Literal["word", "text", "number", "placeholder", "symbol", "end"]
TEXT: Final = r'"(?:[^"\\]|\\["\\])*"'
NUMBER: Final = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_TOKEN: Final = re.compile(
    rf"""(?P<space>[ \t\r\n]+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>{TEXT})
    |(?P<number>{NUMBER})
    |(?P<placeholder>\$[A-Za-z0-9_]+)
    |(?P<symbol><=|>=|[|.(),=<>*])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A piece of the text, and where it begins, from 1."""

    kind: Kind
    text: str
    at: int


def tokens(expression: str) -> list[Token]:
    """All of them, the last of the kind `end`; raises `FilterError` at the first character that begins none."""
    found: list[Token] = []
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise FilterError(_unreadable(expression, position))
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), position + 1))  # type: ignore[arg-type]  # a Kind
        position = match.end()
    return [*found, Token("end", "", len(expression) + 1)]


def unquoted(text: str) -> str:
    r"""The text between the quotes, with `\"` and `\\` read."""
    inner = text[1:-1]
    return re.sub(r'\\(["\\])', r"\1", inner) if "\\" in inner else inner


def invalid_symbol(symbol: str, at: int, reason: str) -> str:
    return f"Could not create filter. Invalid input symbol {symbol} at character {at}: {reason}"


def _unreadable(expression: str, position: int) -> str:
    symbol, at = expression[position], position + 1
    if symbol != '"':
        return invalid_symbol(symbol, at, "no part of a filter begins with it; texts stand in double quotes")
    reason = r'the text that begins here has no closing quote, or a backslash before another character than " and \ '
    return invalid_symbol(symbol, at, reason.strip())
