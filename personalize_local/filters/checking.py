"""Whether a filter fits the datasets of its group, and what it counts against the quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from personalize_local.filters.model import Action, Condition, Expression, Filter, FilterError, Placeholder, Source
from personalize_local.schemas.model import DatasetSchema, DatasetType, Field

Schemas = Mapping[DatasetType, DatasetSchema]

EVENT_TYPE: Final = "EVENT_TYPE"
EVERY_TYPE: Final = "*"
_DATASETS: Final[Mapping[Source, DatasetType]] = {
    "Interactions": "Interactions",
    "Items": "Items",
    "Users": "Users",
    "CurrentUser": "Users",
}
_OWN_DATASET: Final[Mapping[str, Source]] = {"ItemID": "Items", "UserID": "Users"}


def check(parsed: Filter, schemas: Schemas) -> None:
    """Raise `FilterError` at the first condition that Personalize would refuse for these schemas."""
    for expression in parsed.expressions:
        _check_target(expression, parsed)
        _check_sources(expression)
        for condition in expression.conditions:
            _check_condition(condition, schemas)


def column(condition: Condition, schemas: Schemas) -> Field:
    """The schema's column that a condition names, in any case; two that differ only in case no schema has."""
    dataset = _DATASETS[condition.source]
    if dataset not in schemas:
        raise _invalid(condition, f"the dataset group has no {dataset} dataset")
    wanted = condition.column.upper()
    for field in schemas[dataset].fields:
        if field.name.upper() == wanted:
            return field
    raise _invalid(condition, f"the schema of {dataset} has no such column")


def fields(parsed: Filter) -> set[str]:
    """The distinct columns that the quotas count, as `Items.GENRE`; a column of CurrentUser is one of Users."""
    conditions = (c for expression in parsed.expressions for c in expression.conditions)
    return {f"{_DATASETS.get(c.source, c.source)}.{c.column.upper()}" for c in conditions}


def placeholders(parsed: Filter) -> dict[str, frozenset[Action]]:
    """Every placeholder, and whether INCLUDE, EXCLUDE or both use it."""
    found: dict[str, frozenset[Action]] = {}
    for expression in parsed.expressions:
        for condition in expression.conditions:
            for value in condition.values:
                if isinstance(value, Placeholder):
                    found[value.name] = found.get(value.name, frozenset()) | {expression.action}
    return found


def _check_target(expression: Expression, parsed: Filter) -> None:
    if expression.target == "ActionID":
        raise _invalid(expression, "ActionID is not supported here, for there are no action datasets")
    if expression.target != parsed.target:
        raise _invalid(expression, f"one filter chooses either ItemID or UserID, and this began with {parsed.target}")
    if expression.target == "UserID" and expression.only_if:
        raise _invalid(expression, "IF CurrentUser has no meaning where users are chosen (UserID)")


def _check_sources(expression: Expression) -> None:
    allowed = {_OWN_DATASET[expression.target], "Interactions"}
    first, *others = expression.where
    for condition in (first, *others):
        if condition.source not in allowed:
            names = " or ".join(sorted(allowed, reverse=True))
            raise _invalid(condition, f"{expression.target} is chosen by columns of {names}")
        if condition.source != first.source:
            raise _invalid(condition, f"one expression has one dataset, here {first.source}; chain another with |")


def _check_condition(condition: Condition, schemas: Schemas) -> None:
    field = column(condition, schemas)
    if condition.source == "Interactions" and field.name.upper() != EVENT_TYPE:
        raise _invalid(condition, "of Interactions only EVENT_TYPE can be filtered on")
    if field.textual:
        raise _invalid(condition, "textual fields cannot be filtered on")
    if field.type == "boolean":
        raise _invalid(condition, "boolean fields cannot be filtered on; use a string column")
    if condition.operator in {"<", "<=", ">", ">="} and not field.is_number:
        raise _invalid(condition, f"{condition.operator} compares numbers, and the column's type is {field.type}")
    _check_values(condition, field)


def _check_values(condition: Condition, field: Field) -> None:
    for value in condition.values:
        if isinstance(value, Placeholder):
            continue
        if isinstance(value, str) and field.is_number:
            raise _invalid(condition, f'the column holds numbers, and "{value}" is a text')
        if isinstance(value, float) and not field.is_number:
            raise _invalid(condition, f"the column holds texts, and {value:g} stands without quotes")
        if value == EVERY_TYPE and condition.source != "Interactions":
            raise _invalid(condition, '"*" can stand only for any EVENT_TYPE')


def _invalid(place: Condition | Expression, reason: str) -> FilterError:
    name = place.name if isinstance(place, Condition) else f"{place.action} {place.target}"
    return FilterError(f"Could not create filter. Invalid Expression: {name} at character {place.at}: {reason}")
