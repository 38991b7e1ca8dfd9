"""Which rows of an index a filter lets through, for one user."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_local.filters.checking import Schemas, check, column, placeholders
from personalize_local.filters.columns import Mask
from personalize_local.filters.index import RecordIndex
from personalize_local.filters.model import Condition, Expression, Filter
from personalize_local.filters.values import bind, read_values
from personalize_local.schemas.model import Field

_MASKS_KEPT: Final = 16  # of each expression, for as many sets of placeholder values
_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Interacted(Protocol):
    """Rows that a user's (or, where users are the rows, an item's) recent interactions name."""

    def __call__(self, event_type: str, /) -> Sequence[int] | NDArray[np.integer[Any]]:
        """Of the last `limits.RECENT_EVENTS` of this type, which comes in lower case; "*" means every type."""
        ...


class CompiledFilter:
    """A filter that fits its schemas, with the masks that depend neither on the user nor on a changed record."""

    def __init__(self, parsed: Filter, schemas: Schemas) -> None:
        """Raise `FilterError` when `check` does."""
        check(parsed, schemas)
        self._filter = Filter(tuple(_resolved(e, schemas) for e in parsed.expressions))
        self._fields = {c.name: column(c, schemas) for e in self._filter.expressions for c in e.conditions}
        self._masks = tuple(_MaskCache() for _ in parsed.expressions)
        self._placeholders = placeholders(parsed)
        self.target = parsed.target

    def bind(self, given: Mapping[str, str]) -> Filter:
        """The filter with the request's filterValues, for `allowed`; `FilterError` when they do not fit."""
        values = read_values(self._filter, given)
        if not self._placeholders:
            return self._filter
        return bind(self._filter, values, lambda c: self._fields[c.name].is_number)

    def allowed(
        self, bound: Filter, index: RecordIndex, current_user: Mapping[str, Any], interacted: Interacted
    ) -> Mask:
        """The rows in any INCLUDE and in no EXCLUDE; without an INCLUDE, all but the excluded. The caller's own.

        An expression whose IF does not hold for the user counts as not written.
        """
        included = np.zeros(len(index), dtype=np.bool_)
        excluded = np.zeros(len(index), dtype=np.bool_)
        includes = False
        for expression, masks in zip(bound.expressions, self._masks, strict=True):
            if all(self._holds(c, current_user) for c in expression.only_if):
                includes |= expression.action == "INCLUDE"
                chosen = included if expression.action == "INCLUDE" else excluded
                chosen |= _matching(expression, index, interacted, masks)
        np.logical_not(excluded, out=excluded)
        return included & excluded if includes else excluded

    def _holds(self, condition: Condition, user: Mapping[str, Any]) -> bool:
        return holds(condition, self._fields[condition.name], user.get(condition.column))


def holds(condition: Condition, field: Field, value: Any) -> bool:
    """Whether one value fits a condition; null is in no list, and so fits NOT IN alone."""
    if not condition.values:
        return False
    if condition.operator in _COMPARE:
        return value is not None and bool(_COMPARE[condition.operator](value, condition.values[0]))
    own = value.split("|") if field.categorical and value is not None else [value]
    return any(one in condition.values for one in own) != (condition.operator == "NOT IN")


class _MaskCache:
    """The masks last used, for one version of an index."""

    def __init__(self) -> None:
        self._version = 0
        self._masks: dict[Any, Mask] = {}

    def get(self, version: int, key: object, make: Callable[[], Mask]) -> Mask:
        if version != self._version:
            self._version = version
            self._masks.clear()
        mask = self._masks.pop(key, None)
        self._masks[key] = make() if mask is None else mask  # the last used is the last in order
        if len(self._masks) > _MASKS_KEPT:
            del self._masks[next(iter(self._masks))]
        return self._masks[key]


def _resolved(expression: Expression, schemas: Schemas) -> Expression:
    """With the schema's own names of columns, and event types in lower case: Personalize minds neither's case."""

    def resolved(condition: Condition) -> Condition:
        named = replace(condition, column=column(condition, schemas).name)
        return _lowered(named) if condition.source == "Interactions" else named

    any_of = tuple(tuple(resolved(c) for c in group) for group in expression.any_of)
    return replace(expression, any_of=any_of, only_if=tuple(resolved(c) for c in expression.only_if))


def _lowered(condition: Condition) -> Condition:
    return replace(condition, values=tuple(v.lower() if isinstance(v, str) else v for v in condition.values))


def _matching(expression: Expression, index: RecordIndex, interacted: Interacted, masks: _MaskCache) -> Mask:
    if expression.any_of[0][0].source == "Interactions":
        return _any_of(expression, lambda c: _interacted(_lowered(c), len(index), interacted))
    key = tuple(c.values for c in expression.where)
    return masks.get(index.version, key, lambda: _any_of(expression, lambda c: _recorded(c, index)))


def _any_of(expression: Expression, mask: Callable[[Condition], Mask]) -> Mask:
    groups = (reduce(np.logical_and, map(mask, group)) for group in expression.any_of)
    found: Mask = reduce(np.logical_or, groups)
    return found


def _interacted(condition: Condition, count: int, interacted: Interacted) -> Mask:
    mask = np.zeros(count, dtype=np.bool_)
    for event_type in condition.values:
        mask[np.asarray(interacted(str(event_type)), dtype=np.intp)] = True
    return ~mask if condition.values and condition.operator == "NOT IN" else mask


def _recorded(condition: Condition, index: RecordIndex) -> Mask:
    if not condition.values:
        return np.zeros(len(index), dtype=np.bool_)
    if condition.operator in _COMPARE:
        mask: Mask = _COMPARE[condition.operator](index.numbers(condition.column), condition.values[0])
        return mask
    # NOT IN is what IN is not: a record with null holds none of the values, so NOT IN keeps it.
    found = index.holding(condition.column, condition.values)
    return ~found if condition.operator == "NOT IN" else found
