"""Every saved query is valid Trino SQL over the contract's columns, and answers what its first line says."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from infra.assets import ROOT
from infra.named_queries import NamedQuery, read_queries

pytestmark = pytest.mark.integration

QUERIES = {query.name: query for query in read_queries()}
COLUMNS = ("app_id", "dt", "occurred_at", "received_at", "event_type", "user_id", "anonymous_id", "item_id")
EVENTS = [
    # The last is a month before the others, and the only one of so long ago.
    ("shop", "2026-03-02", "2026-03-02 09:00:00", "2026-03-02 09:00:02", "view", "ann", None, "lamp"),
    ("shop", "2026-03-02", "2026-03-02 09:01:00", "2026-03-02 09:01:04", "add_to_cart", "ann", None, "lamp"),
    ("shop", "2026-03-02", "2026-03-02 09:02:00", None, "purchase", "ann", "a-1", "lamp"),
    ("shop", "2026-03-02", "2026-03-02 10:00:00", None, "view", None, "a-2", "lamp"),
    ("shop", "2026-03-02", "2026-03-02 10:00:01", None, "impression", None, "a-2", "rug"),
    ("shop", "2026-03-01", "2026-03-01 23:59:59", None, "view", "bob", None, "rug"),
    ("shop", "2026-03-01", "2026-03-01 12:00:00", None, "search", "bob", None, None),
    ("shop", "2026-01-15", "2026-01-15 12:00:00", None, "view", "bob", None, "old"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        types = ", ".join(f"{name} {'TIMESTAMP' if name.endswith('_at') else 'VARCHAR'}" for name in COLUMNS)
        connection.execute(f"CREATE TABLE events ({types})")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", EVENTS)
        yield connection


def answer(lake: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    [sql] = sqlglot.transpile(QUERIES[name].sql, read="athena", write="duckdb")
    return lake.execute(sql).fetchall()


def test_the_funnel_counts_people_not_events(lake: duckdb.DuckDBPyConnection) -> None:
    assert answer(lake, "daily_funnel") == [
        (day("2026-03-01"), 1, 0, 0, 0.0),
        (day("2026-03-02"), 2, 1, 1, 50.0),
    ]


def test_top_items_are_those_of_most_people_in_the_newest_month(lake: duckdb.DuckDBPyConnection) -> None:
    assert answer(lake, "top_items") == [("lamp", 2, 4, 1), ("rug", 1, 1, 0)]


def test_who_came_before_the_newest_month_is_returning(lake: duckdb.DuckDBPyConnection) -> None:
    assert answer(lake, "new_and_returning_users") == [(day("2026-03-01"), 0, 1), (day("2026-03-02"), 2, 0)]


def test_freshness_is_that_of_the_newest_event(lake: duckdb.DuckDBPyConnection) -> None:
    [(app, events, occurred, received, minutes_old, to_receive)] = answer(lake, "data_freshness")

    assert (app, events, to_receive) == ("shop", 7, 3.0)
    assert (occurred, received) == (at("2026-03-02 10:00:01"), at("2026-03-02 09:01:04"))
    assert minutes_old > 0


@pytest.mark.parametrize("query", QUERIES.values(), ids=lambda query: query.name)
def test_a_query_is_trino_sql_over_columns_that_exist(query: NamedQuery) -> None:
    tables = json.loads((ROOT / "contract" / "generated" / "tables.json").read_text())
    columns = {column["name"]: column["type"] for column in tables["events"]["columns"]} | {"dt": "string"}

    parsed = sqlglot.parse_one(query.sql, read="trino", error_level=sqlglot.ErrorLevel.RAISE)
    qualify(parsed, schema={"events": columns}, dialect="trino", validate_qualify_columns=True)

    assert isinstance(parsed, exp.Select)


def test_the_first_line_of_a_query_is_its_description() -> None:
    assert QUERIES["top_items"].description.startswith("The 20 items")
    assert "--" not in QUERIES["top_items"].sql


def test_a_query_without_a_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("SELECT 1\n")

    with pytest.raises(ValueError, match=r"q.sql: start with a line"):
        read_queries(tmp_path)
