"""Which items a filter lets through: by examples, and as a plain reading item by item says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from personalize_local.filters.checking import placeholders
from personalize_local.filters.evaluate import CompiledFilter
from personalize_local.filters.grammar import parse
from personalize_local.filters.index import RecordIndex
from personalize_local.filters.model import Filter
from tests.unit.personalize_local.filters.filter_cases import (
    EVENT_TYPES,
    SCHEMAS,
    Plain,
    filters,
    items,
    plainly_allowed,
    quoted,
    to_text,
    users,
    values_given,
)

pytestmark = pytest.mark.unit

CATALOG: dict[str, dict[str, Any]] = {
    "i0": {"GENRE": "comedy|drama", "BRAND": "x", "PRICE": 5.0, "YEAR": 1990},
    "i1": {"GENRE": "drama", "BRAND": None, "PRICE": 15.0, "YEAR": 2000},
    "i2": {"GENRE": None, "BRAND": "y", "PRICE": None, "YEAR": 2010},
    "i3": {"GENRE": "Comedy", "BRAND": "x", "PRICE": 25.0, "YEAR": None},
}
DONE = {"click": [0, 1], "purchase": [1]}
ADULT = {"USER_ID": "u1", "AGE": 30, "INTERESTS": "art|sport"}


class Done:
    """A user's events: the types as they were sent, and the rows of their items."""

    def __init__(self, rows: Mapping[str, list[int]]) -> None:
        self._rows = rows

    def __call__(self, event_type: str, /) -> list[int]:
        return [row for kind, rows in self._rows.items() if event_type in {"*", kind.lower()} for row in rows]


def index_of(records: Mapping[str, Mapping[str, Any]]) -> RecordIndex:
    columns = {name: [r[name] for r in records.values()] for name in ("GENRE", "BRAND", "PRICE", "YEAR")}
    return RecordIndex.build(list(records), columns, SCHEMAS["Items"])


def chosen(
    text: str,
    values: Mapping[str, str] | None = None,
    user: Mapping[str, Any] = ADULT,
    index: RecordIndex | None = None,
) -> list[str]:
    """The ids that a filter allows."""
    index = index or index_of(CATALOG)
    compiled = CompiledFilter(parse(text), SCHEMAS)
    mask = compiled.allowed(compiled.bind(values or {}), index, user, Done(DONE))
    return [record_id for record_id, allowed in zip(index.ids, mask, strict=True) if allowed]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # strings, exactly, any value of several; what is null holds none
        ('INCLUDE ItemID WHERE Items.GENRE IN ("comedy")', ["i0"]),
        ('INCLUDE ItemID WHERE items.genre IN ("comedy", "Comedy")', ["i0", "i3"]),
        ('INCLUDE ItemID WHERE Items.GENRE = "drama"', ["i0", "i1"]),
        ('INCLUDE ItemID WHERE Items.GENRE NOT IN ("drama")', ["i2", "i3"]),
        ('INCLUDE ItemID WHERE Items.ITEM_ID IN ("i3", "i9")', ["i3"]),
        # numbers; null compares as false
        ("INCLUDE ItemID WHERE Items.PRICE > 5", ["i1", "i3"]),
        ("INCLUDE ItemID WHERE Items.PRICE >= 5 AND Items.PRICE <= 15", ["i0", "i1"]),
        ("INCLUDE ItemID WHERE Items.PRICE < 25", ["i0", "i1"]),
        ("INCLUDE ItemID WHERE Items.PRICE = 5", ["i0"]),
        ("INCLUDE ItemID WHERE Items.YEAR NOT IN (1990, 2000)", ["i2", "i3"]),
        # AND before OR
        ('INCLUDE ItemID WHERE Items.BRAND = "y" OR Items.BRAND = "x" AND Items.PRICE > 5', ["i2", "i3"]),
        # interactions, the type in any case
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("CLICK")', ["i2", "i3"]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase", "view")', ["i1"]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("purchase")', ["i0", "i2", "i3"]),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")', ["i2", "i3"]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("*")', ["i2", "i3"]),
        # chains
        ("EXCLUDE ItemID WHERE Items.PRICE > 5", ["i0", "i2"]),
        ("INCLUDE ItemID WHERE Items.PRICE > 10 | INCLUDE ItemID WHERE Items.YEAR = 1990", ["i0", "i1", "i3"]),
        ("EXCLUDE ItemID WHERE Items.PRICE > 20 | INCLUDE ItemID WHERE Items.PRICE > 10", ["i1"]),
        ("INCLUDE ItemID WHERE Items.PRICE > 10 | EXCLUDE ItemID WHERE Items.PRICE > 20", ["i1"]),
        # IF: an expression that is off counts as not written
        ("INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.AGE >= 30", ["i3"]),
        ("INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.AGE > 30", ["i0", "i1", "i2", "i3"]),
        ('INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.INTERESTS = "art" AND CurrentUser.AGE < 40', ["i3"]),
        (
            "INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.AGE > 30 | EXCLUDE ItemID WHERE Items.YEAR = 2010",
            ["i0", "i1", "i3"],
        ),
    ],
)
def test_what_a_filter_lets_through(text: str, ids: list[str]) -> None:
    assert chosen(text) == ids


EXCLUDE = 'EXCLUDE ItemID WHERE Items.GENRE {} ($G) AND Items.PRICE > 1 OR Items.BRAND IN ("y", $B)'


@pytest.mark.parametrize(
    ("text", "values", "ids"),
    [
        ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", {"G": '"comedy","drama"'}, ["i0", "i1"]),
        ("INCLUDE ItemID WHERE Items.GENRE IN ($G)", {"G": "drama"}, ["i0", "i1"]),
        ("INCLUDE ItemID WHERE Items.PRICE < $P", {"P": "10"}, ["i0"]),
        ("INCLUDE ItemID WHERE Items.PRICE < $P", {"P": '"10"'}, ["i0"]),
        ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($E)", {"E": "Purchase"}, ["i0", "i2", "i3"]),
        ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($E)", {"E": "*"}, ["i2", "i3"]),
        ("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ($E)", {}, ["i0", "i1", "i2", "i3"]),
        (EXCLUDE.format("IN"), {"G": "drama", "B": "x"}, []),
        (EXCLUDE.format("IN"), {"G": "drama"}, ["i3"]),
        (EXCLUDE.format("IN"), {}, ["i0", "i1", "i3"]),
        (EXCLUDE.format("NOT IN"), {}, ["i0", "i1", "i3"]),
        ("EXCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > $AGE", {}, ["i0", "i1", "i2", "i3"]),
        ("EXCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE NOT IN ($AGE)", {"AGE": "31,32"}, ["i2"]),
    ],
)
def test_placeholders_take_the_values_of_the_request(text: str, values: dict[str, str], ids: list[str]) -> None:
    assert chosen(text, values) == ids


def test_a_user_of_whom_nothing_is_known_fits_no_comparison() -> None:
    everything = list(CATALOG)

    assert chosen("INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.AGE > 1", user={}) == everything
    assert chosen('INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.INTERESTS IN ("art")', user={}) == everything
    assert chosen('INCLUDE ItemID WHERE Items.PRICE > 20 IF CurrentUser.INTERESTS NOT IN ("art")', user={}) == ["i3"]


def test_users_are_chosen_the_same_way() -> None:
    index = RecordIndex.build(
        ["u0", "u1", "u2"], {"AGE": [10, 30, None], "INTERESTS": ["a|b", "b", None]}, SCHEMAS["Users"]
    )

    assert chosen('INCLUDE UserID WHERE Users.AGE < 20 OR Users.USER_ID = "u2"', index=index) == ["u0", "u2"]
    assert chosen('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("purchase")', index=index) == ["u0", "u2"]


def test_a_changed_record_and_another_index_are_seen_at_once() -> None:
    compiled = CompiledFilter(parse("INCLUDE ItemID WHERE Items.PRICE > $P"), SCHEMAS)
    bound, index = compiled.bind({"P": "10"}), index_of(CATALOG)

    def masks(of: RecordIndex) -> Any:
        return compiled.allowed(bound, of, {}, Done({})).tolist()

    assert masks(index) == [False, True, False, True]
    index.put("i0", {"PRICE": 11})
    assert masks(index) == [True, True, False, True]
    index.put("i4", {"PRICE": 12})
    assert masks(index) == [True, True, False, True, True]
    assert masks(index_of(CATALOG)) == [False, True, False, True]


def test_many_values_for_a_placeholder_do_not_mix_and_are_not_all_kept() -> None:
    compiled, index = (
        CompiledFilter(parse("INCLUDE ItemID WHERE Items.PRICE = $P"), SCHEMAS),
        RecordIndex(SCHEMAS["Items"]),
    )
    for price in range(40):
        index.put(f"i{price}", {"PRICE": price})

    found = [
        compiled.allowed(compiled.bind({"P": str(price)}), index, {}, Done({})).nonzero()[0].tolist()
        for price in [*range(40), *range(40)]
    ]

    assert found == [[price] for price in [*range(40), *range(40)]]
    assert [len(masks._masks) for masks in compiled._masks] == [16]


def test_the_mask_is_the_callers_own() -> None:
    compiled, index = CompiledFilter(parse("INCLUDE ItemID WHERE Items.PRICE > 10"), SCHEMAS), index_of(CATALOG)
    mask = compiled.allowed(compiled.bind({}), index, {}, Done({}))
    mask[:] = True

    assert compiled.allowed(compiled.bind({}), index, {}, Done({})).tolist() == [False, True, False, True]


_histories = st.dictionaries(st.sampled_from(EVENT_TYPES), st.lists(st.integers(0, 9), max_size=4))


@settings(max_examples=300)
@given(
    parsed=filters,
    given_values=values_given,
    records=st.lists(items, max_size=8),
    put=st.tuples(st.integers(0, 8), items),
    user=users,
    history=_histories,
)
def test_a_filter_agrees_with_a_plain_reading_of_each_item(
    parsed: Filter,
    given_values: dict[str, list[str]],
    records: list[dict[str, Any]],
    put: tuple[int, dict[str, Any]],
    user: dict[str, Any],
    history: dict[str, list[int]],
) -> None:
    known = placeholders(parsed)
    needed = {name for name, actions in known.items() if "INCLUDE" in actions}
    assume(needed <= given_values.keys())
    values = {name: given_values[name] for name in known if name in given_values}
    catalog = {f"u{row}": record for row, record in enumerate(records)}
    compiled, index, who = CompiledFilter(parse(to_text(parsed)), SCHEMAS), index_of(catalog), {"USER_ID": "u1", **user}
    bound = compiled.bind({name: ",".join(map(quoted, listed)) for name, listed in values.items()})

    def agrees() -> None:
        done = {kind: [row for row in rows if row < len(index)] for kind, rows in history.items()}

        def types_of(row: int) -> set[str]:
            return {kind for kind, rows in done.items() if row in rows}

        plainly = [
            plainly_allowed(parsed, Plain(values, {"ITEM_ID": one, **catalog[one]}, who, types_of(row)))
            for row, one in enumerate(index.ids)
        ]
        assert compiled.allowed(bound, index, who, Done(done)).tolist() == plainly

    agrees()
    catalog[f"u{put[0]}"] = put[1]
    index.put(f"u{put[0]}", put[1])
    agrees()
