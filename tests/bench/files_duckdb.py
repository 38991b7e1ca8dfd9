"""The work of the jobs for files done by DuckDB in this process, without gate, ledger and quarantine."""

# ruff: noqa: S608  # the statements are our own text

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from contract.projection import EXPORTED_TYPES, INTERACTIONS, ITEMS, USERS, Dataset
from glue_jobs.files.staging import files_for
from glue_jobs.interactions.run import ROWS_PER_FILE
from tests.bench.duckdb_rules import quoted

_LINE = "(FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE '')"


def main(data: Path, out: Path) -> None:
    shutil.rmtree(out / "files", ignore_errors=True)
    connection = duckdb.connect()
    connection.execute(f"SET threads = 2; SET TimeZone = 'UTC'; SET temp_directory = {quoted(str(out / 'duckdb'))}")
    for name, dataset, rows in (
        ("items", ITEMS, _items(data)),
        ("users", USERS, _users(data)),
        ("interactions", INTERACTIONS, _interactions(data)),
    ):
        folder = out / "files" / name / "0000000001" / "full"
        folder.mkdir(parents=True)
        for statement in _files(connection, name, dataset, rows, folder):
            connection.execute(statement)


def _files(
    connection: duckdb.DuckDBPyConnection, name: str, dataset: Dataset, rows: str, folder: Path
) -> Iterator[str]:
    """Each line once, in files by a hash of the id, by time and line, under a header."""
    yield f"CREATE TABLE {name} AS SELECT DISTINCT id, moment, line FROM ({rows})"
    found = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    assert found is not None
    files = files_for(int(found[0]), ROWS_PER_FILE)
    header = quoted(",".join(column.name for column in dataset.columns))
    for bucket in range(files):
        lines = f"SELECT moment, line FROM {name} WHERE hash(id) % {files} = {bucket}"
        path = quoted(str(folder / f"part-{bucket:05d}.csv"))
        yield (
            f"COPY (SELECT line FROM (SELECT NULL AS moment, {header} AS line UNION ALL {lines}) "
            f"ORDER BY moment NULLS FIRST, line) TO {path} {_LINE}"
        )


def _interactions(data: Path) -> str:
    types = ", ".join(map(quoted, EXPORTED_TYPES))
    cells = {
        "USER_ID": _text("coalesce(user_id, anonymous_id)"),
        "ITEM_ID": _text("item_id"),
        "TIMESTAMP": "(epoch_ms(occurred_at) // 1000)::VARCHAR",
        "EVENT_TYPE": _text("event_type"),
        "EVENT_VALUE": "value::VARCHAR",
        "IMPRESSION": _text("array_to_string(impression, '|')"),
        "RECOMMENDATION_ID": _text("recommendation_id"),
    }
    return (
        "SELECT coalesce(user_id, anonymous_id) AS id, epoch_ms(occurred_at) // 1000 AS moment, "
        f"{_line(cells)} AS line "
        f"FROM read_parquet({quoted(str(data / 'lake/events/*/*.parquet'))}) "
        f"WHERE event_type IN ({types}) AND consent.personalization IS DISTINCT FROM false"
    )


def _items(data: Path) -> str:
    cells = {
        "ITEM_ID": _text("item_id"),
        "CATEGORY_L1": _text("category_l1"),
        "CATEGORY_L2": _text("category_l2"),
        "CATEGORY_L3": "NULL",
        "GENRES": "NULL",
        "RELEASE_YEAR": "NULL",
        "PRICE": "price::DOUBLE::VARCHAR",
        "BRAND": _text("brand"),
        "PRODUCT_DESCRIPTION": _text("description"),
        "CREATION_TIMESTAMP": "epoch(created_at::TIMESTAMPTZ)::BIGINT::VARCHAR",
        "AVAILABLE": "CASE WHEN available THEN 'True' ELSE 'False' END",
    }
    fields = "item_id, category_l1, category_l2, price, brand, description, created_at, available"
    return f"SELECT item_id AS id, 0 AS moment, {_line(cells)} AS line FROM ({_snapshot(data, 'items', fields)})"


def _users(data: Path) -> str:
    cells = {
        "USER_ID": _text("user_id"),
        "AGE_BAND": _text("age_band"),
        "GENDER": _text("gender"),
        "MEMBERSHIP": "NULL",
        "LOCATION": _text("location"),
    }
    fields = "user_id, age_band, gender, location"
    return f"SELECT user_id AS id, 0 AS moment, {_line(cells)} AS line FROM ({_snapshot(data, 'users', fields)})"


def _snapshot(data: Path, dataset: str, fields: str) -> str:
    return f"SELECT {fields} FROM read_json({quoted(str(data / f'raw/catalog/{dataset}/*/*.gz'))})"


def _line(cells: dict[str, str]) -> str:
    return " || ',' || ".join(f"coalesce({cell}, '')" for cell in cells.values())


def _text(value: str) -> str:
    escaped = rf"""'"' || replace(replace({value}, '\', '\\'), '"', '\"') || '"'"""
    return rf"""CASE WHEN regexp_matches({value}, '[",\\\r\n]|^\s|\s$') THEN {escaped} ELSE {value} END"""


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
