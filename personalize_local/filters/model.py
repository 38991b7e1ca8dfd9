"""What a filter says, once it is parsed; and the one error that anything about a filter raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

Action = Literal["INCLUDE", "EXCLUDE"]
Target = Literal["ItemID", "UserID", "ActionID"]
Source = Literal["Interactions", "Items", "Users", "Actions", "Action_Interactions", "CurrentUser"]
Operator = Literal["IN", "NOT IN", "=", "<", "<=", ">", ">="]


class FilterError(Exception):
    """A filter, or the values for its placeholders, cannot be used; the message is meant for the caller."""


@dataclass(frozen=True)
class Placeholder:
    """A value that comes with the request."""

    name: str


Value = str | float | Placeholder


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison. Without a value it matches nothing."""

    source: Source
    column: str
    operator: Operator
    values: tuple[Value, ...]
    at: int = field(default=0, compare=False)  # where it stands in the text, from 1

    @property
    def name(self) -> str:
        return f"{self.source}.{self.column}"


@dataclass(frozen=True, kw_only=True)
class Expression:
    """One INCLUDE or EXCLUDE: AND binds tighter than OR, so it is any group of which all conditions hold."""

    action: Action
    target: Target
    any_of: tuple[tuple[Condition, ...], ...]
    only_if: tuple[Condition, ...] = ()
    at: int = field(default=0, compare=False)

    @property
    def where(self) -> Iterator[Condition]:
        return chain.from_iterable(self.any_of)

    @property
    def conditions(self) -> Iterator[Condition]:
        return chain(self.where, self.only_if)


@dataclass(frozen=True)
class Filter:
    """Expressions chained by `|`; their order says nothing."""

    expressions: tuple[Expression, ...]

    @property
    def target(self) -> Target:
        return self.expressions[0].target
