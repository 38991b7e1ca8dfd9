"""The index of records: rows by id, values that a put replaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.filters.index import RecordIndex
from tests.unit.personalize_local.filters.filter_cases import SCHEMAS, items

pytestmark = pytest.mark.unit

ITEMS = SCHEMAS["Items"]
COLUMNS = ("GENRE", "BRAND", "PRICE", "YEAR")


def built(records: dict[str, dict[str, Any]]) -> RecordIndex:
    columns = {name: [record[name] for record in records.values()] for name in COLUMNS}
    return RecordIndex.build(list(records), columns, ITEMS)


def content(index: RecordIndex) -> dict[str, Any]:
    """All that an index answers, of the values that the strategies make."""
    texts = ["a", "b", 'quo"te', "ünï", "a|b", "back\\slash", ""]
    held = {(name, text): index.holding(name, (text,)).tolist() for name in ("GENRE", "BRAND") for text in texts}
    numbers = {name: index.numbers(name).tolist() for name in ("PRICE", "YEAR")}
    rows = {record_id: index.row(record_id) for record_id in index.ids}
    return {"ids": list(index.ids), "rows": rows, "held": held, "numbers": str(numbers)}


def test_rows_follow_the_ids_and_a_new_record_is_the_last() -> None:
    index = RecordIndex.build(["x", "y"], {"GENRE": ["a|b", None], "PRICE": [1, None]}, ITEMS)
    before = index.version
    np.testing.assert_array_equal(index.numbers("YEAR"), [np.nan, np.nan])

    row = index.put("z", {"GENRE": "b", "PRICE": 2.5, "ADULT": True, "UNKNOWN": 1})

    assert (row, index.row("z"), index.row("none"), len(index)) == (2, 2, None, 3)
    assert index.ids == ["x", "y", "z"]
    assert index.holding("GENRE", ("b",)).tolist() == [True, False, True]
    assert index.holding("BRAND", ("b",)).tolist() == [False, False, False]
    assert index.holding("ITEM_ID", ("z", "x", "none")).tolist() == [True, False, True]
    assert index.holding("PRICE", (2.5, 1.0)).tolist() == [True, False, True]
    np.testing.assert_array_equal(index.numbers("PRICE"), [1, np.nan, 2.5])
    np.testing.assert_array_equal(index.numbers("YEAR"), [np.nan, np.nan, np.nan])
    assert index.version > before


def test_a_put_replaces_the_whole_record() -> None:
    index = RecordIndex.build(["x"], {"GENRE": ["a"], "BRAND": ["b"], "PRICE": [1.0]}, ITEMS)

    row = index.put("x", {"GENRE": "c"})

    assert row == 0
    assert [index.holding("GENRE", (g,)).tolist() for g in ("a", "c")] == [[False], [True]]
    assert index.holding("BRAND", ("b",)).tolist() == [False]
    np.testing.assert_array_equal(index.numbers("PRICE"), [np.nan])


def test_only_categories_have_several_values_in_one() -> None:
    index = RecordIndex.build(["x"], {"GENRE": ["a|b"], "BRAND": ["a|b"]}, ITEMS)

    assert [index.holding("GENRE", (v,)).tolist() for v in ("a", "a|b")] == [[True], [False]]
    assert [index.holding("BRAND", (v,)).tolist() for v in ("a", "a|b")] == [[False], [True]]


@given(
    first=st.dictionaries(st.sampled_from("uvw"), items),
    puts=st.lists(st.tuples(st.sampled_from("uvwxyz"), items), max_size=20),
)
def test_puts_leave_what_a_build_of_their_outcome_makes(
    first: dict[str, dict[str, Any]], puts: list[tuple[str, dict[str, Any]]]
) -> None:
    index = built(first)
    for record_id, record in puts:
        index.put(record_id, record)

    assert content(index) == content(built(first | dict(puts)))


def test_values_that_puts_replaced_do_not_pile_up() -> None:
    index = RecordIndex.build(["old", "null"], {"GENRE": ["g|all", None], "BRAND": ["b", None]}, ITEMS)
    for number in range(5_000):
        index.put(f"i{number % 3}", {"GENRE": f"g{number}|all", "BRAND": f"b{number}"})

    assert index.holding("GENRE", ("all",)).tolist() == [True, False, True, True, True]
    assert index.holding("GENRE", ("g4999", "g4998")).tolist() == [False, False, True, True, False]
    assert index.holding("BRAND", ("b4997", "b0", "b")).tolist() == [True, False, False, False, True]
    assert all(len(index._columns[name]._code_of) < 1_100 for name in ("GENRE", "BRAND"))  # type: ignore[attr-defined]


def test_a_value_put_again_and_again_is_kept_once() -> None:
    index = RecordIndex(ITEMS)
    for number in range(10):
        index.put(f"i{number}", {"GENRE": "a|b"})

    assert index._columns["GENRE"]._codes_with == {"a": [1], "b": [1]}  # type: ignore[attr-defined]


def test_no_two_indexes_have_a_version_in_common() -> None:
    one, other = RecordIndex(ITEMS), RecordIndex(ITEMS)
    versions = [one.version, other.version]
    for index in (one, other):
        index.put("x", {})
        versions.append(index.version)

    assert len({0, *versions}) == 5


def test_without_a_schema_there_are_ids_alone() -> None:
    index = RecordIndex.build(["x"], {}, None)
    index.put("y", {"GENRE": "a"})

    assert (list(index.ids), index.holding("ITEM_ID", ("y",)).tolist()) == (["x", "y"], [False, True])


def test_an_id_that_occurs_twice_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="an id occurs twice"):
        RecordIndex.build(["x", "x"], {}, ITEMS)
