"""Segments and put records, and the dataset that they make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.data.columns import arrow_schema
from personalize_local.data.durable import whole_folder
from personalize_local.data.segments import (
    EVENT_ID,
    SESSION,
    codes_of,
    merged,
    new_segment,
    put_table,
    read_segment,
    schema_digest,
)
from personalize_local.schemas.model import DatasetSchema, Field
from tests.support.personalize_data import INTERACTIONS, ITEMS, USERS, interaction

pytestmark = pytest.mark.unit


def segment(path: Path, rows: Sequence[Mapping[str, Any]], schema: DatasetSchema) -> Path:
    with new_segment(path, schema) as writer:
        writer.write(pa.Table.from_pylist(list(rows), arrow_schema(schema)))
    return path


def merged_rows(parts: Sequence[Any], schema: DatasetSchema) -> list[dict[str, Any]]:
    names = [field.name for field in schema.fields]
    return [{name: row[name] for name in names} for row in merged(parts, schema).to_pylist()]


def full(row: Mapping[str, Any], schema: DatasetSchema) -> dict[str, Any]:
    return {field.name: row.get(field.name) for field in schema.fields}


def test_of_an_item_the_newest_record_stays(tmp_path: Path) -> None:
    old = segment(tmp_path / "old", [{"ITEM_ID": "a", "YEAR": 1}, {"ITEM_ID": "b", "YEAR": 1}], ITEMS)
    new = segment(tmp_path / "new", [{"ITEM_ID": "c", "YEAR": 2}, {"ITEM_ID": "c"}, {"ITEM_ID": "a", "YEAR": 2}], ITEMS)
    put = put_table([{"ITEM_ID": "b", "YEAR": 3}, {"ITEM_ID": "d"}], ITEMS)

    rows = merged_rows([old, new, put], ITEMS)

    wanted: list[dict[str, Any]] = [
        {"ITEM_ID": "c"},
        {"ITEM_ID": "a", "YEAR": 2},
        {"ITEM_ID": "b", "YEAR": 3},
        {"ITEM_ID": "d"},
    ]
    assert rows == [full(row, ITEMS) for row in wanted]


def test_interactions_that_are_the_same_count_once(tmp_path: Path) -> None:
    first = interaction("u", "i", 5, EVENT_VALUE=1.5, DEVICE="tv")
    others = [
        first | change
        for change in (
            {"USER_ID": "v"},
            {"ITEM_ID": "j"},
            {"TIMESTAMP": 6},
            {"EVENT_TYPE": "buy"},
            {"EVENT_TYPE": None},
            {"EVENT_VALUE": 2.5},
            {"EVENT_VALUE": None},
            {"DEVICE": None},
        )
    ]
    bulk = segment(tmp_path / "bulk", [first, *others, first], INTERACTIONS)
    put = put_table([{**first, SESSION: "s"}, {**others[7], SESSION: "s", EVENT_ID: "e"}], INTERACTIONS)

    assert merged_rows([bulk, bulk, put], INTERACTIONS) == [first, *others]


def test_anonymous_events_are_told_apart_by_session() -> None:
    event = {**interaction("", "i"), "USER_ID": None}
    put = put_table([{**event, SESSION: "s"}, {**event, SESSION: "t"}, {**event, SESSION: "s"}], INTERACTIONS)

    assert merged([put], INTERACTIONS).column(SESSION).to_pylist() == ["s", "t"]


def test_a_segment_of_an_older_schema_has_nulls_in_new_columns(tmp_path: Path) -> None:
    wider = DatasetSchema(dataset="Users", fields=(*USERS.fields, Field(name="AGE", type="int", nullable=True)))
    old = segment(tmp_path / "old", [{"USER_ID": "a", "GENDER": "F"}], USERS)
    new = segment(tmp_path / "new", [{"USER_ID": "b", "GENDER": None, "AGE": 7}], wider)

    assert merged_rows([old, new], wider) == [
        {"USER_ID": "a", "GENDER": "F", "AGE": None},
        {"USER_ID": "b", "GENDER": None, "AGE": 7},
    ]
    assert merged_rows([new], USERS) == [{"USER_ID": "b", "GENDER": None}]


@pytest.mark.parametrize("schema", [INTERACTIONS, ITEMS, USERS], ids=lambda schema: schema.dataset)
def test_of_no_parts_there_is_an_empty_dataset(schema: DatasetSchema) -> None:
    assert merged_rows([], schema) == []


ROWS = st.lists(
    st.builds(
        lambda user, item, at, kind: {"USER_ID": user, "ITEM_ID": item, "TIMESTAMP": at, "EVENT_TYPE": kind},
        st.sampled_from("uv"),
        st.sampled_from("ij"),
        st.sampled_from([1, 2, 1 << 40]),
        st.sampled_from(["view", "buy", None]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(parts=st.lists(ROWS, max_size=4))
def test_merging_keeps_the_first_of_each_row_in_order(parts: list[list[dict[str, Any]]]) -> None:
    rows = merged_rows([put_table(part, INTERACTIONS) for part in parts], INTERACTIONS)

    distinct = {tuple(row.values()): row for part in reversed(parts) for row in reversed(part)}
    order = list(dict.fromkeys(tuple(row.values()) for part in parts for row in part))
    assert rows == [full(distinct[key], INTERACTIONS) for key in order]


def test_codes_number_the_distinct_values_of_all_chunks() -> None:
    codes, names = codes_of(pa.chunked_array([["b", "a"], [None, "c", "a"], []], pa.string()))

    assert [None if code < 0 else names[int(code)].as_py() for code in codes] == ["b", "a", None, "c", "a"]
    assert sorted(names.to_pylist()) == ["a", "b", "c"]


def test_nothing_is_there_when_writing_fails(tmp_path: Path) -> None:
    def write() -> None:
        with new_segment(tmp_path / "out", USERS) as writer:
            writer.write(pa.Table.from_pylist([{"USER_ID": "u"}], arrow_schema(USERS)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("text")
        assert not (tmp_path / "out").exists()

    assert (tmp_path / "out" / "inner" / "file").read_text() == "text"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_digest_tells_schemas_apart() -> None:
    nullable = DatasetSchema(dataset="Users", fields=(USERS.fields[0], Field(name="GENDER", type="string")))

    assert len({schema_digest(schema) for schema in (USERS, nullable, ITEMS, INTERACTIONS)}) == 4


def test_an_empty_segment_can_be_read(tmp_path: Path) -> None:
    table = read_segment(segment(tmp_path / "empty", [], USERS))

    assert (table.num_rows, table.column_names) == (0, ["USER_ID", "GENDER"])
