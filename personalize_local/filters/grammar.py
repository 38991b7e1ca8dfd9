"""Parses the text of a filter, by recursive descent; the grammar nests nothing, so neither does the parser."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from personalize_local import limits
from personalize_local.filters.model import (
    Action,
    Condition,
    Expression,
    Filter,
    FilterError,
    Operator,
    Placeholder,
    Source,
    Target,
    Value,
)
from personalize_local.filters.tokens import Token, invalid_symbol, tokens, unquoted

Meaning = TypeVar("Meaning")

_ACTIONS: Final[Mapping[str, Action]] = {"include": "INCLUDE", "exclude": "EXCLUDE"}
_TARGETS: Final[Mapping[str, Target]] = {"itemid": "ItemID", "userid": "UserID", "actionid": "ActionID"}
_CURRENT_USER: Final[Mapping[str, Source]] = {"currentuser": "CurrentUser"}
_DATASETS: Final[Mapping[str, Source]] = {
    "interactions": "Interactions",
    "items": "Items",
    "users": "Users",
    "actions": "Actions",
    "action_interactions": "Action_Interactions",
}
_COMPARISONS: Final[Mapping[str, Operator]] = {"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def parse(expression: str) -> Filter:
    """What the text says; `FilterError` tells the first place that is no filter, and what was expected there."""
    if len(expression) > limits.MAX_FILTER:
        raise FilterError(
            f"Could not create filter. Invalid Expression: it has {len(expression)} characters; "
            f"at most {limits.MAX_FILTER} are allowed"
        )
    return _Parser(tokens(expression)).filter()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0

    def filter(self) -> Filter:
        expressions = [self._expression()]
        while self._takes("|"):
            expressions.append(self._expression())
        if self._token.kind != "end":
            # After an IF nothing but AND may follow, and OR is then the likely mistake.
            raise self._refused("AND, OR, IF, | or the end" if not expressions[-1].only_if else "AND, | or the end")
        return Filter(tuple(expressions))

    def _expression(self) -> Expression:
        at = self._token.at
        action = self._keyword(_ACTIONS, "INCLUDE or EXCLUDE")
        target = self._keyword(_TARGETS, "ItemID, UserID or ActionID")
        self._required("WHERE")
        any_of = [self._all_of(self._dataset_condition)]
        while self._takes("OR"):
            any_of.append(self._all_of(self._dataset_condition))
        only_if = self._all_of(self._user_condition) if self._takes("IF") else ()
        return Expression(action=action, target=target, any_of=tuple(any_of), only_if=only_if, at=at)

    def _all_of(self, condition: Callable[[], Condition]) -> tuple[Condition, ...]:
        found = [condition()]
        while self._takes("AND"):
            found.append(condition())
        return tuple(found)

    def _dataset_condition(self) -> Condition:
        return self._condition(_DATASETS, "Interactions, Items or Users; CurrentUser stands only behind IF")

    def _user_condition(self) -> Condition:
        return self._condition(_CURRENT_USER, "CurrentUser")

    def _condition(self, sources: Mapping[str, Source], expected: str) -> Condition:
        at = self._token.at
        source = self._keyword(sources, expected)
        self._required(".")
        column = self._token
        if column.kind != "word":
            raise self._refused("the name of a column")
        self._next += 1
        operator, values = self._comparison()
        return Condition(source=source, column=column.text, operator=operator, values=values, at=at)

    def _comparison(self) -> tuple[Operator, tuple[Value, ...]]:
        if self._takes("NOT"):
            self._required("IN")
            return "NOT IN", self._list()
        if self._takes("IN"):
            return "IN", self._list()
        return self._keyword(_COMPARISONS, "IN, NOT IN, =, <, <=, > or >="), (self._value(),)

    def _list(self) -> tuple[Value, ...]:
        self._required("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._required(")")
        return tuple(values)

    def _value(self) -> Value:
        token = self._token
        value: Value
        match token.kind, token.text:
            case "text", text:
                value = unquoted(text)
            case "number", text if math.isfinite(float(text)):
                value = float(text)
            case "placeholder", text if len(text) - 1 <= limits.MAX_PLACEHOLDER:
                value = Placeholder(text[1:])
            case "number", _:
                raise self._refused("a number that a double can hold")
            case "placeholder", _:
                raise self._refused(f"a placeholder of at most {limits.MAX_PLACEHOLDER} characters")
            case "symbol", "*":
                value = "*"
            case _:
                raise self._refused('a "text", a number or a $placeholder')
        self._next += 1
        return value

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _takes(self, text: str) -> bool:
        """Whether the next token is this keyword or symbol; if so, it is read."""
        token = self._token
        found = token.kind in {"word", "symbol"} and token.text.upper() == text
        self._next += found
        return found

    def _required(self, text: str) -> None:
        if not self._takes(text):
            raise self._refused(text)

    def _keyword(self, meanings: Mapping[str, Meaning], expected: str) -> Meaning:
        token = self._token
        if token.kind not in {"word", "symbol"} or token.text.lower() not in meanings:
            raise self._refused(expected)
        self._next += 1
        return meanings[token.text.lower()]

    def _refused(self, expected: str) -> FilterError:
        return FilterError(invalid_symbol(self._token.text or "<end>", self._token.at, f"expected {expected}"))
