"""Files of items and users, in every format, become snapshots that the contract's reader takes."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.catalog import ITEM, USER
from contract.errors import ConfigurationError
from contract.rows import Refused, read_row
from contract.snapshots import snapshot_time
from producers.catalog.files import snapshot_of
from producers.catalog.snapshot import Snapshot
from tests.factories import NOW
from tests.support.sample_data import MOVIES

pytestmark = pytest.mark.integration


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return path


def lines(snapshot: Snapshot) -> list[bytes]:
    return gzip.decompress(snapshot.data).split(b"\n")[:-1]


def verdicts(snapshot: Snapshot) -> list[Any]:
    """A row, or the id of the rule that the line breaks."""
    record = {"items": ITEM, "users": USER}[snapshot.dataset]
    read = [read_row(record, line) for line in lines(snapshot)]
    return [found.rule.id if isinstance(found, Refused) else found for found in read]


def csv_file(folder: Path) -> Path:
    header = b"ITEM_ID,GENRE,YEAR,PRICE,CREATION_TIMESTAMP,Available,TITLE\n"
    return file(folder, "items.csv.gz", header + b'1,Comedy|Drama,1995,8.50,1600000000,True,"A, b"\n2,,,,,,\n')


def json_lines(folder: Path) -> Path:
    rows = (
        b'{"item_id":1,"genres":["Comedy","Drama"],"release_year":1995,"title":"x"}\n\n'
        b'{"item_id":"2","genres":null,"brand":""}\n'
        b'{"item_id":"1","price":8.5,"created_at":"2020-09-13T12:26:40.000Z","available":true}\n'
    )
    return file(folder, "items.jsonl", rows)


def parquet(folder: Path) -> Path:
    table = {
        "ITEM_ID": [1, 2],
        "GENRES": [["Comedy", "Drama"], None],
        "RELEASE_YEAR": [1995.0, float("nan")],
        "CREATION_TIMESTAMP": [date(2020, 9, 13), None],
        "TITLE": ["x", "y"],
    }
    path = folder / "items.parquet"
    pq.write_table(pa.table(table), path)
    return path


GENRES = {"item_id": "1", "genres": ["Comedy", "Drama"], "release_year": 1995}
SOLD = {"price": 8.5, "created_at": "2020-09-13T12:26:40.000Z", "available": True}


@pytest.mark.parametrize(
    ("make", "rows", "left_out"),
    [
        (csv_file, [GENRES | SOLD, {"item_id": "2"}], ("TITLE",)),
        (json_lines, [GENRES, {"item_id": "2"}, {"item_id": "1"} | SOLD], ("title",)),
        (parquet, [GENRES | {"created_at": "2020-09-13T00:00:00.000Z"}, {"item_id": "2"}], ("TITLE",)),
    ],
    ids=["csv", "json-lines", "parquet"],
)
def test_items_of_any_format_become_rows_of_the_contract(
    tmp_path: Path, make: Callable[[Path], Path], rows: list[Any], left_out: tuple[str, ...]
) -> None:
    snapshot = snapshot_of(make(tmp_path), "items", NOW)

    assert verdicts(snapshot) == rows
    assert (snapshot.dataset, snapshot.rows, snapshot.left_out) == ("items", len(rows), left_out)
    assert snapshot_time(snapshot.key) == NOW


def test_users_become_rows_of_the_contract(tmp_path: Path) -> None:
    path = file(tmp_path, "users.csv", b"\xef\xbb\xbfUSER_ID,AGE,GENDER,ZIP\n7,31,F,8000\n8,,,\n")

    snapshot = snapshot_of(path, "users", NOW)

    assert verdicts(snapshot) == [{"user_id": "7", "age_band": "25-34", "gender": "F"}, {"user_id": "8"}]
    assert (snapshot.left_out, snapshot.key[:14]) == (("ZIP",), "catalog/users/")


def test_the_same_file_makes_the_same_bytes_and_key(tmp_path: Path) -> None:
    path = csv_file(tmp_path)

    assert snapshot_of(path, "items", NOW) == snapshot_of(path, "items", NOW)


def test_what_makes_no_row_is_a_line_that_the_job_refuses(tmp_path: Path) -> None:
    bad = [b"1,Comedy,1995,9,more", b",Drama,1996,1", b"caf\xe9,Drama,1996,1", b"4,Drama,soon,1", b"5,Drama,1996,1e999"]
    path = file(tmp_path, "items.csv", b"ITEM_ID,GENRE,YEAR,PRICE\n" + b"\n".join(bad) + b"\n   \n")

    snapshot = snapshot_of(path, "items", NOW)

    rules = ["line.json", "item_id.required", "line.text", "release_year.type", "price.type"]
    assert verdicts(snapshot) == rules
    assert lines(snapshot)[0] == bad[0]
    assert lines(snapshot)[2] == bad[2]
    assert lines(snapshot)[3] == b'{"item_id":"4","genres":["Drama"],"release_year":"soon","price":1.0}'
    assert snapshot.rows == 5


def test_json_that_is_none_keeps_its_bytes(tmp_path: Path) -> None:
    path = file(tmp_path, "items.jsonl", b'{"item_id":"1","brand":"Alba"}\n{"item_id":\n[1]\n')

    snapshot = snapshot_of(path, "items", NOW)

    assert verdicts(snapshot) == [{"item_id": "1", "brand": "Alba"}, "line.json", "line.json"]
    assert lines(snapshot)[1:] == [b'{"item_id":', b"[1]"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has no rows"),
        (b"ITEM_ID,GENRE\n", "it has no rows"),
        (b"id,GENRE\n1,Comedy\n", "a file of items needs item_id; it has id, GENRE"),
        (b"USER_ID,ITEM_ID,TIMESTAMP\n1,2,3\n", "nothing of items beside item_id; it has USER_ID, ITEM_ID, TIMESTAMP"),
        (b"ITEM_ID,GENRE,genres\n1,a,b\n", "columns GENRE and genres both say genres"),
        (b"ITEM_ID,GENRE,GENRE\n1,a,b\n", "column GENRE is there twice"),
    ],
)
def test_a_file_that_is_no_catalog_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = file(tmp_path, "items.csv", content)

    with pytest.raises(ConfigurationError) as caught:
        snapshot_of(path, "items", NOW)

    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.skipif(not MOVIES.exists(), reason="the movies are not on this machine")
def test_all_items_of_the_movies_are_rows() -> None:
    snapshot = snapshot_of(MOVIES / "items.csv.gz", "items", NOW)

    rows = verdicts(snapshot)
    assert (snapshot.rows, len(rows), snapshot.left_out) == (9_742, 9_742, ())
    assert [row for row in rows if isinstance(row, str)] == []
    assert rows[0] == {
        "item_id": "1",
        "genres": ["Adventure", "Animation", "Children", "Comedy", "Fantasy"],
        "release_year": 1995,
    }
    genres = Counter(genre for row in rows for genre in row.get("genres", ()))
    assert (genres["Drama"], genres["(no genres listed)"]) == (4_361, 0)
    assert sum("release_year" in row for row in rows) == 9_730
