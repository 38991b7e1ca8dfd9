"""Import jobs' files: all of their rows in one segment, or none and the reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from personalize_local.data.importing import NOT_CONFORMING, Imported, ImportRefused, Source, import_files
from personalize_local.data.problems import Problem
from personalize_local.data.segments import SegmentFacts, segment_facts
from personalize_local.limits import MAX_FULL_BYTES, MAX_INCREMENTAL_BYTES
from personalize_local.schemas.avro import InvalidSchema, parse_schema
from tests.support.personalize_data import (
    INTERACTIONS,
    ITEMS,
    START,
    USERS,
    csv_of,
    header,
    import_all,
    interaction,
    rows_of,
    visits,
)
from tests.support.personalize_files import CASES, good, schema_of

pytestmark = pytest.mark.unit

ONE_USER = csv_of([{"USER_ID": "u", "GENDER": "F"}], USERS)


def refusal(files: dict[str, bytes], schema: object, folder: Path) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        import_all(files, schema, folder)  # type: ignore[arg-type]
    left = sorted(path.name for path in folder.iterdir())
    assert left == sorted(files), "a refused import leaves nothing behind"
    return caught.value


def test_all_rows_of_all_files_make_one_segment(tmp_path: Path) -> None:
    rows = visits()
    files = {"a.csv": csv_of(rows[:-10], INTERACTIONS), "b.CSV": csv_of(rows[-10:], INTERACTIONS)}

    imported = import_all({**files, "c.csv": header(INTERACTIONS)}, INTERACTIONS, tmp_path)

    size = sum(len(data) for data in files.values()) + len(header(INTERACTIONS))
    assert imported == Imported(rows=1_000, size=size)
    assert rows_of(tmp_path / "segment") == [{**row, "EVENT_VALUE": None, "DEVICE": None} for row in rows]
    facts = segment_facts(tmp_path / "segment")
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "DEVICE")
    assert facts == SegmentFacts(rows=1_000, columns=names, schema=facts.schema)


def test_a_segment_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    import_all({"u.csv": ONE_USER}, USERS, tmp_path)

    with pytest.raises(FileExistsError):
        import_all({"u.csv": ONE_USER}, USERS, tmp_path)


def test_what_a_killed_import_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".segment.partial"
    left.mkdir()
    (left / "rows.arrow").write_bytes(b"half")

    import_all({"u.csv": ONE_USER}, USERS, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["segment", "u.csv"]


def test_missing_columns_are_named_in_the_schemas_order(tmp_path: Path) -> None:
    files = {"a.csv": b"ITEM_ID,YEAR,PRICE\n", "b.csv": b"ITEM_ID\n"}

    refused = refusal(files, ITEMS, tmp_path)

    assert refused.reason == (
        "Failed to create a data import job ITEMS dataset. Input CSV is missing the following columns: "
        "[GENRES, PRICE, YEAR, ADULT, DESCRIPTION, CREATION_TIMESTAMP]."
    )
    assert [(p.file, p.row, p.column) for p in refused.problems] == [
        *(("s3://bucket/a.csv", 1, name) for name in ("GENRES", "ADULT", "DESCRIPTION", "CREATION_TIMESTAMP")),
        *(("s3://bucket/b.csv", 1, field.name) for field in ITEMS.fields[1:]),
    ]


def test_bad_rows_refuse_all_and_are_told_apart_by_file(tmp_path: Path) -> None:
    files = {"a.csv": ONE_USER + b",F\n", "b.csv": ONE_USER, "c.csv": ONE_USER + b'u,"F\n'}

    refused = refusal(files, USERS, tmp_path)

    assert refused.reason == NOT_CONFORMING
    first, second = refused.problems
    assert first == Problem(
        file="s3://bucket/a.csv",
        row=3,
        column="USER_ID",
        rule="the value is empty, and the schema allows no null",
        value="",
    )
    assert (second.file, second.row, second.value, refused.more) == ("s3://bucket/c.csv", 3, 'u,"F', 0)


@pytest.mark.parametrize("stray", ["_SUCCESS", "part.csv.crc", "u.csv.gz", "manifest.json"])
def test_a_stray_file_breaks_the_import(stray: str, tmp_path: Path) -> None:
    refused = refusal({"u.csv": ONE_USER, stray: b""}, USERS, tmp_path)

    assert refused.reason == (
        "Failed to create a data import job USERS dataset. "
        "Input CSV is missing the following columns: [USER_ID, GENDER]."
    )
    assert [(p.file, p.row, p.rule) for p in refused.problems] == [
        (f"s3://bucket/{stray}", 0, "the file is not a CSV file: keep only data files under the prefix")
    ]


@pytest.mark.parametrize("mode", ["FULL", "INCREMENTAL"])
def test_fewer_than_1000_interactions_are_refused(mode: str, tmp_path: Path) -> None:
    data = csv_of(visits()[:999], INTERACTIONS)

    with pytest.raises(ImportRefused) as caught:
        import_all({"i.csv": data}, INTERACTIONS, tmp_path, mode=mode)  # type: ignore[arg-type]

    assert caught.value.reason == "The data has 999 records. An import job of Interactions needs at least 1000."


def test_no_rows_are_no_data(tmp_path: Path) -> None:
    assert refusal({"i.csv": header(ITEMS)}, ITEMS, tmp_path).reason.startswith("The data has 0 records.")
    assert refusal({}, ITEMS, _empty(tmp_path)).reason == "Invalid Data location."


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(("mode", "limit"), [("FULL", MAX_FULL_BYTES), ("INCREMENTAL", MAX_INCREMENTAL_BYTES)])
def test_a_job_takes_only_so_many_bytes(mode: str, limit: int, tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    with path.open("wb") as file:
        file.truncate(limit + 1)  # a hole: takes no room on the disk

    with pytest.raises(ImportRefused, match=f"A {mode} import job takes at most {limit} bytes"):
        import_files([Source(uri="s3://b/u.csv", path=path)], USERS, mode=mode, out=tmp_path / "out")  # type: ignore[arg-type]


def test_times_in_milliseconds_are_taken_as_personalize_takes_them_and_told(tmp_path: Path) -> None:
    rows = [*visits(), interaction("u", "i", TIMESTAMP=START * 1_000), interaction("u", "i", TIMESTAMP=9_999_999_999)]

    imported = import_all({"i.csv": csv_of(rows, INTERACTIONS)}, INTERACTIONS, tmp_path)

    assert imported.rows == 1_002
    assert imported.warnings == ("1 times have more than ten digits: they must be Unix seconds.",)


def test_long_texts_are_cut_and_told(tmp_path: Path) -> None:
    rows = [{"ITEM_ID": f"i-{at}", "DESCRIPTION": "x" * (19_999 + at)} for at in range(4)]

    imported = import_all({"i.csv": csv_of(rows, ITEMS)}, ITEMS, tmp_path)

    assert imported.warnings == ("2 texts were too long and have been cut.",)
    assert [len(row["DESCRIPTION"]) for row in rows_of(tmp_path / "segment")] == [19_999, 20_000, 20_000, 20_000]


def test_event_types_that_training_cannot_use_are_imported(tmp_path: Path) -> None:
    rows = [{**row, "EVENT_TYPE": None if at % 2 else "USER_ID"} for at, row in enumerate(visits())]

    assert import_all({"i.csv": csv_of(rows, INTERACTIONS)}, INTERACTIONS, tmp_path).rows == 1_000


# Cases of the project's own gate that break a rule of the import job; the gate's others are about training, or taste.
REFUSED_BY_IMPORT = {
    "encoding",
    "compressed",
    "stray_files",
    "header_unquoted",
    "columns",
    "row_shape",
    "escapes",
    "required_value",
    "number_form",
    "boolean_form",
    "id_length",
    "value_length",
    "no_rows",
    "interactions_minimum",
    "incremental_minimum",
}
REFUSED_BY_SCHEMA = {"schema_form", "metadata_columns", "metadata_missing"}


@pytest.mark.parametrize("name", [*CASES, "Interactions", "Items", "Users"])
def test_the_gates_cases(name: str, tmp_path: Path) -> None:
    case = CASES.get(name) or good(name)
    files = {**case.files, **dict.fromkeys(case.context.strays, b"")}
    found = ""
    try:
        import_all(files, parse_schema(json.dumps(case.schema or schema_of(case.dataset))), tmp_path)
    except InvalidSchema:
        found = "schema"
    except ImportRefused:
        found = "import"

    assert found == ("schema" if name in REFUSED_BY_SCHEMA else "import" if name in REFUSED_BY_IMPORT else "")
