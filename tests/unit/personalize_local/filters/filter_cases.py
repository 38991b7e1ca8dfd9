"""Schemas, filters in random, their text, and what they let through by a plain reading, record by record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from personalize_local.filters.model import Condition, Expression, Filter, Placeholder, Value
from personalize_local.schemas.model import DatasetSchema, DatasetType, Field

SCHEMAS: dict[DatasetType, DatasetSchema] = {
    "Interactions": DatasetSchema(
        dataset="Interactions",
        fields=(
            Field(name="USER_ID", type="string"),
            Field(name="ITEM_ID", type="string"),
            Field(name="TIMESTAMP", type="long"),
            Field(name="EVENT_TYPE", type="string"),
            Field(name="DEVICE", type="string", categorical=True),
        ),
    ),
    "Items": DatasetSchema(
        dataset="Items",
        fields=(
            Field(name="ITEM_ID", type="string"),
            Field(name="GENRE", type="string", nullable=True, categorical=True),
            Field(name="BRAND", type="string", nullable=True),
            Field(name="PRICE", type="float", nullable=True),
            Field(name="YEAR", type="long", nullable=True),
            Field(name="ADULT", type="boolean"),
            Field(name="DESCRIPTION", type="string", textual=True),
        ),
    ),
    "Users": DatasetSchema(
        dataset="Users",
        fields=(
            Field(name="USER_ID", type="string"),
            Field(name="AGE", type="int", nullable=True),
            Field(name="INTERESTS", type="string", nullable=True, categorical=True),
        ),
    ),
}
WORDS = ["a", "b", "a|b", 'quo"te', "back\\slash", "ünï", ""]
NUMBERS = [-1.5, 0.0, 1.0, 2.0, 1e20]
EVENT_TYPES = ["click", "Click", "BUY", "view"]
NAMES = ["A", "b", "N1", "_x"]
TEXT_COLUMNS = ["ITEM_ID", "GENRE", "BRAND", "genre"]
NUMBER_COLUMNS = ["PRICE", "YEAR", "Price"]
TEXT_COLUMNS_OF_USERS = ["USER_ID", "INTERESTS"]

texts = st.sampled_from(WORDS)
numbers = st.sampled_from(NUMBERS)
columns_of_words = st.none() | st.lists(st.sampled_from(["a", "b", 'quo"te', "ünï"]), min_size=1).map("|".join)
items = st.fixed_dictionaries(
    {"GENRE": columns_of_words, "BRAND": st.none() | texts, "PRICE": st.none() | numbers, "YEAR": st.none() | numbers}
)
users = st.fixed_dictionaries({"AGE": st.none() | numbers, "INTERESTS": columns_of_words})


def _lists(values: st.SearchStrategy[Value], names: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(values | names.map(Placeholder), min_size=1, max_size=3).map(tuple)


def _of_texts(source: str, columns: list[str], names: st.SearchStrategy[str], values: st.SearchStrategy[Any]) -> Any:
    several = st.builds(
        Condition,
        source=st.just(source),
        column=st.sampled_from(columns),
        operator=st.sampled_from(["IN", "NOT IN"]),
        values=_lists(values, names),
    )
    one = st.builds(
        Condition,
        source=st.just(source),
        column=st.sampled_from(columns),
        operator=st.just("="),
        values=values.map(lambda value: (value,)),
    )
    return several | one


def _of_numbers(source: str, columns: list[str], names: st.SearchStrategy[str]) -> Any:
    one = st.builds(
        Condition,
        source=st.just(source),
        column=st.sampled_from(columns),
        operator=st.sampled_from(["=", "<", "<=", ">", ">="]),
        values=(numbers | names.map(Placeholder)).map(lambda value: (value,)),
    )
    return one | _of_texts(source, columns, names, numbers)


# A placeholder of texts and one of numbers have different names, so that a value fits wherever it is used.
_text_names = st.sampled_from(["T1", "t1"])
_number_names = st.sampled_from(["N_1", "2"])
_on_items = _of_texts("Items", TEXT_COLUMNS, _text_names, texts) | _of_numbers("Items", NUMBER_COLUMNS, _number_names)
_on_interactions = _of_texts(
    "Interactions", ["EVENT_TYPE", "event_type"], _text_names, st.sampled_from([*EVENT_TYPES, "*", "never"])
)
_on_user = _of_texts("CurrentUser", TEXT_COLUMNS_OF_USERS, _text_names, texts) | _of_numbers(
    "CurrentUser", ["AGE"], _number_names
)


def _groups(condition: Any) -> Any:
    group = st.lists(condition, min_size=1, max_size=3).map(tuple)
    return st.lists(group, min_size=1, max_size=3).map(tuple)


_expressions = st.builds(
    Expression,
    action=st.sampled_from(["INCLUDE", "EXCLUDE"]),
    target=st.just("ItemID"),
    any_of=_groups(_on_items) | _groups(_on_interactions),
    only_if=st.just(()) | st.lists(_on_user, max_size=2).map(tuple),
)
filters: st.SearchStrategy[Filter] = st.lists(_expressions, min_size=1, max_size=4).map(lambda e: Filter(tuple(e)))
# Given or not; the placeholders of comparisons take one value.
values_given = st.fixed_dictionaries(
    {},
    optional={
        "T1": st.lists(st.sampled_from(["a", "BUY", "*", 'quo"te', ""]), min_size=1, max_size=2),
        "t1": st.lists(st.sampled_from(["b", "click", "u1"]), min_size=1, max_size=1),
        "N_1": st.sampled_from(["1", "2.0", "-1.5"]).map(lambda text: [text]),
        "2": st.sampled_from(["0", "1e20"]).map(lambda text: [text]),
    },
)


def to_text(parsed: Filter) -> str:
    """A filter as one would write it."""
    return " | ".join(_expression_text(expression) for expression in parsed.expressions)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _expression_text(expression: Expression) -> str:
    where = " OR ".join(" AND ".join(map(_condition_text, group)) for group in expression.any_of)
    only_if = " AND ".join(map(_condition_text, expression.only_if))
    return f"{expression.action} {expression.target} WHERE {where}" + (f" IF {only_if}" if only_if else "")


def _condition_text(condition: Condition) -> str:
    values = ", ".join(map(_value_text, condition.values))
    listed = f"({values})" if condition.operator in {"IN", "NOT IN"} else values
    return f"{condition.name} {condition.operator} {listed}"


def _value_text(value: Value) -> str:
    match value:
        case Placeholder(name):
            return f"${name}"
        case str():
            return quoted(value)
    return repr(value)


def plainly_allowed(parsed: Filter, plain: Plain) -> bool:
    """Whether a filter allows one item."""
    on = [e for e in parsed.expressions if all(map(plain.true, e.only_if))]
    chosen = [(e.action, any(all(map(plain.true, group)) for group in e.any_of)) for e in on]
    includes = [matches for action, matches in chosen if action == "INCLUDE"]
    return (not includes or any(includes)) and ("EXCLUDE", True) not in chosen


@dataclass(frozen=True)
class Plain:
    """What there is to know when one item is judged."""

    given: Mapping[str, list[str]]
    item: Mapping[str, Any]
    user: Mapping[str, Any]
    done: set[str]  # the types of the user's events with this item

    def true(self, condition: Condition) -> bool:
        wanted, has = self._wanted(condition), self._has(condition)
        listed = "*" in wanted if condition.source == "Interactions" and has else False
        listed = listed or any(one in wanted for one in has)
        if not wanted or condition.operator == "NOT IN":
            return bool(wanted) and not listed
        if condition.operator in {"IN", "="}:
            return listed
        truths = {"<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}[condition.operator]
        return any((one > wanted[0]) - (one < wanted[0]) in truths for one in has)

    def _wanted(self, condition: Condition) -> list[Any]:
        wanted: list[Any] = []
        for value in condition.values:
            wanted += self.given.get(value.name, []) if isinstance(value, Placeholder) else [value]
        if condition.column.upper() in {"PRICE", "YEAR", "AGE"}:
            return [float(number) for number in wanted]
        return [kind.lower() for kind in wanted] if condition.source == "Interactions" else wanted

    def _has(self, condition: Condition) -> list[Any]:
        if condition.source == "Interactions":
            return [kind.lower() for kind in self.done]
        value = (self.user if condition.source == "CurrentUser" else self.item)[condition.column.upper()]
        if value is None:
            return []
        return value.split("|") if condition.column.upper() in {"GENRE", "INTERESTS"} else [value]
