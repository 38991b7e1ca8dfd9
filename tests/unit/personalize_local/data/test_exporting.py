"""Exports, which imports read, and the deletion of users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.data.columns import arrow_schema
from personalize_local.data.deleting import Old, delete_users, users_to_delete
from personalize_local.data.exporting import export_files
from personalize_local.data.importing import NOT_CONFORMING, ImportRefused, Source
from personalize_local.data.segments import SESSION, new_segment, put_table, segment_facts
from personalize_local.schemas.model import DatasetSchema, Field
from tests.support.personalize_data import INTERACTIONS, ITEMS, USERS, import_all, interaction, read, rows_of, visits

pytestmark = pytest.mark.unit

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9) | st.sampled_from(['"', "\\", 'a\\"'])
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "ITEM_ID": TEXT,
            "GENRES": st.none() | TEXT,
            "PRICE": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "YEAR": st.none() | st.integers(-9, 9),
            "ADULT": st.none() | st.booleans(),
            "DESCRIPTION": st.none() | TEXT,
            "CREATION_TIMESTAMP": st.none() | st.integers(0, 1 << 40),
        }
    ),
    max_size=6,
    unique_by=lambda record: record["ITEM_ID"],
)


@settings(deadline=None)
@given(records=RECORDS)
def test_what_is_exported_is_imported_the_same(records: list[dict[str, Any]], tmp_path_factory: Any) -> None:
    target = tmp_path_factory.mktemp("export") / "items.csv"

    assert export_files([put_table(records, ITEMS)], ITEMS, target) == len(records)
    assert read(target.read_bytes(), ITEMS) == (records, [])


def test_an_export_of_an_import_is_imported_again(tmp_path: Path) -> None:
    rows = [interaction(f"u,{at}", f'i"{at % 9}\\', at, EVENT_VALUE=at / 7, DEVICE=None) for at in range(1_000)]
    put = put_table(rows, INTERACTIONS)
    export_files([put], INTERACTIONS, tmp_path / "x.csv")

    import_all({"x.csv": (tmp_path / "x.csv").read_bytes()}, INTERACTIONS, tmp_path)

    assert rows_of(tmp_path / "segment") == rows


def test_an_anonymous_event_is_exported_with_its_session(tmp_path: Path) -> None:
    event = {**interaction("", "i"), "USER_ID": None, SESSION: "s-1", "DEVICE": "tv"}

    export_files([put_table([event], INTERACTIONS)], INTERACTIONS, tmp_path / "x.csv")

    assert (tmp_path / "x.csv").read_text() == (
        "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE,DEVICE\ns-1,i,1700000000,view,,tv\n"
    )


def of_file(data: bytes, folder: Path) -> frozenset[str]:
    (folder / "d.csv").write_bytes(data)
    return users_to_delete([Source(uri="s3://b/d.csv", path=folder / "d.csv")])


def test_users_to_delete_come_from_a_single_column(tmp_path: Path) -> None:
    assert of_file(b'USER_ID\nu-1\n\n"u,2"\nu-1\n', tmp_path) == frozenset({"u-1", "u,2"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Input CSV is missing the following columns: [USER_ID]."),
        (b"USER\nu\n", "Input CSV is missing the following columns: [USER_ID]."),
        (b"USER_ID,GENDER\nu,F\n", NOT_CONFORMING),
        (b"USER_ID\n" + b"u" * 257 + b"\n", NOT_CONFORMING),
        (b"USER_ID\n", "The data has no users to delete."),
    ],
)
def test_other_files_of_users_are_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as caught:
        of_file(data, tmp_path)

    assert caught.value.reason == reason


def test_deleted_users_are_in_none_of_the_new_segments(tmp_path: Path) -> None:
    rows = visits()
    for name in ("a", "b"):
        with new_segment(tmp_path / name, INTERACTIONS) as writer:
            writer.write(pa.Table.from_pylist(rows if name == "a" else rows[:30], arrow_schema(INTERACTIONS)))
    old = [Old(segment=tmp_path / name, out=tmp_path / f"{name}-new") for name in ("a", "b")]

    deleted = delete_users(frozenset({"u-1", "u-7", "nobody"}), old, INTERACTIONS)

    assert deleted == 40 + 10
    assert rows_of(tmp_path / "b-new") == rows_of(tmp_path / "b")[:20]
    assert {row["USER_ID"] for row in rows_of(tmp_path / "a-new")} == {row["USER_ID"] for row in rows} - {"u-1", "u-7"}
    assert [segment_facts(tmp_path / name).rows for name in ("a", "a-new", "b", "b-new")] == [1_000, 960, 30, 20]


def test_a_segment_is_written_anew_by_the_present_schema(tmp_path: Path) -> None:
    with new_segment(tmp_path / "a", USERS) as writer:
        writer.write(pa.Table.from_pylist([{"USER_ID": "u", "GENDER": "F"}, {"USER_ID": "v"}], arrow_schema(USERS)))
    schema = DatasetSchema(dataset="Users", fields=(USERS.fields[0], Field(name="AGE", type="int", nullable=True)))

    assert delete_users(frozenset({"v"}), [Old(segment=tmp_path / "a", out=tmp_path / "new")], schema) == 1
    assert rows_of(tmp_path / "new") == [{"USER_ID": "u", "AGE": None}]
