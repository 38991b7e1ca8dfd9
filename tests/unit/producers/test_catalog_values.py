"""Cells and columns of files become the contract's; what cannot be turned stays as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from contract.catalog import ITEM, USER
from contract.schema import Record
from producers.catalog.columns import Columns
from producers.catalog.values import is_absent

pytestmark = pytest.mark.unit

NAN, INFINITE = float("nan"), float("inf")


def turned(record: Record, column: str, cell: Any) -> Any:
    found = Columns(record).find(column)
    assert found is not None
    return found.read(cell)


@pytest.mark.parametrize("record", [ITEM, USER], ids=lambda record: record.name)
def test_the_contracts_own_names_and_values_stay(record: Record) -> None:
    found = {f.name: turned(record, f.name, f.example) for f in record.fields}

    assert found == {f.name: f.example for f in record.fields}


@pytest.mark.parametrize(
    ("record", "column", "field"),
    [
        (ITEM, "ITEM_ID", "item_id"),
        (ITEM, " Item_Id ", "item_id"),
        (ITEM, "itemId", "item_id"),
        (ITEM, "movieId", "item_id"),
        (ITEM, "CATEGORY_L1", "category_l1"),
        (ITEM, "categoryL3", "category_l3"),
        (ITEM, "GENRE", "genres"),
        (ITEM, "GENRES", "genres"),
        (ITEM, "YEAR", "release_year"),
        (ITEM, "RELEASE_YEAR", "release_year"),
        (ITEM, "CREATION_TIMESTAMP", "created_at"),
        (ITEM, "PRODUCT_DESCRIPTION", "description"),
        (ITEM, "PRICE", "price"),
        (USER, "USER_ID", "user_id"),
        (USER, "userId", "user_id"),
        (USER, "AGE", "age_band"),
        (USER, "AGE_BAND", "age_band"),
        (USER, "Gender", "gender"),
        (USER, "MEMBERSHIP", "membership"),
        (USER, "COUNTRY", "location"),
    ],
)
def test_columns_are_known_by_many_names(record: Record, column: str, field: str) -> None:
    found = Columns(record).find(column)

    assert found is not None
    assert found.field == field


@pytest.mark.parametrize(
    ("record", "column"), [(ITEM, "TITLE"), (ITEM, "USER_ID"), (ITEM, ""), (USER, "ITEM_ID"), (USER, "GENRES")]
)
def test_a_column_that_the_contract_lacks_is_not_known(record: Record, column: str) -> None:
    assert Columns(record).find(column) is None


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("item_id", "007", "007"),
        ("item_id", 7, "7"),
        ("brand", " Alba ", " Alba "),
        ("genres", "Comedy|Drama", ["Comedy", "Drama"]),
        ("genres", " Comedy | |Drama|", ["Comedy", "Drama"]),
        ("genres", "(no genres listed)", []),
        ("genres", ["a|b"], ["a|b"]),
        ("release_year", "1995", 1995),
        ("release_year", " 1995 ", 1995),
        ("release_year", "1995.0", 1995),
        ("release_year", 1995.0, 1995),
        ("release_year", "2006\u20132007", 2006),
        ("YEAR", "2006-", 2006),
        ("price", "19.90", 19.9),
        ("price", "1e2", 100.0),
        ("price", ".5", 0.5),
        ("price", Decimal("19.90"), 19.9),
        ("price", 89, 89),
        ("available", "True", True),
        ("available", "FALSE", False),
        ("deleted", "1", True),
        ("deleted", "0", False),
        ("created_at", "1600000000", "2020-09-13T12:26:40.000Z"),
        ("created_at", "1600000000.0", "2020-09-13T12:26:40.000Z"),
        ("created_at", 0, "1970-01-01T00:00:00.000Z"),
        ("created_at", datetime(2026, 1, 1, 1), "2026-01-01T01:00:00.000Z"),  # noqa: DTZ001  # as Parquet often has it
        ("created_at", datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2026-01-01T00:00:00.000Z"),
        ("created_at", date(2026, 1, 1), "2026-01-01T00:00:00.000Z"),
        ("updated_at", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00"),
    ],
)
def test_a_cell_is_turned_into_the_fields_kind(column: str, cell: Any, value: Any) -> None:
    found = turned(ITEM, column, cell)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("item_id", 1.5),
        ("item_id", True),
        ("genres", 7),
        ("release_year", "MCMXCV"),
        ("release_year", "1995.5"),
        ("release_year", "1e3"),
        ("release_year", 1995.5),
        ("release_year", "06-07"),
        ("price", "19,90"),
        ("price", "1_000"),
        ("price", "nan"),
        ("price", "1e999"),
        ("price", INFINITE),
        ("available", "yes"),
        ("available", 1),
        ("created_at", "1600000000000"),
        ("created_at", 1_600_000_000_000),
        ("created_at", "-1"),
        ("created_at", 1.5),
        ("created_at", True),
        ("created_at", "2026-01-01"),
    ],
)
def test_what_cannot_be_turned_stays_as_it_is(column: str, cell: Any) -> None:
    found = turned(ITEM, column, cell)

    assert (found, type(found)) == (cell, type(cell))


@pytest.mark.parametrize(
    ("age", "band"),
    [("0", "0-17"), ("17", "0-17"), (18, "18-24"), ("24", "18-24"), ("25", "25-34"), ("34.0", "25-34"), ("35", "35-44"),
     ("54", "45-54"), ("55", "55+"), ("130", "55+"), ("131", "131"), ("-1", "-1"), ("25-34", "25-34"), ("old", "old"),
     (True, True)],
)  # fmt: skip
def test_an_age_becomes_its_band(age: Any, band: Any) -> None:
    assert turned(USER, "AGE", age) == band


def test_a_band_stays_whatever_it_looks_like() -> None:
    assert turned(USER, "AGE_BAND", "3") == "3"


@pytest.mark.parametrize(
    ("cell", "absent"),
    [(None, True), ("", True), (NAN, True), (" ", False), (0, False), (False, False), ("nan", False), ([], False)],
)
def test_an_empty_cell_is_known_by_its_looks(cell: Any, absent: bool) -> None:  # noqa: FBT001  # a case
    assert is_absent(cell) is absent


def test_times_are_read_in_utc() -> None:
    assert turned(ITEM, "created_at", datetime(2026, 7, 1, tzinfo=UTC)) == "2026-07-01T00:00:00.000Z"
