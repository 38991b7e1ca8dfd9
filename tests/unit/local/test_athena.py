"""Athena's SQL goes in, Athena's text comes out."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from infra.local.athena import QueryRefused, as_csv, as_text, to_duckdb

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("trino", "duckdb"),
    [
        ("SELECT approx_distinct(a) AS n FROM t", "SELECT APPROX_COUNT_DISTINCT(a) AS n FROM t"),
        ("SELECT json_extract_scalar(j, '$.a') AS a FROM t", "SELECT j ->> '$.a' AS a FROM t"),
        ("SELECT date_format(b, '%Y-%m') AS m FROM t", "SELECT STRFTIME(b, '%Y-%m') AS m FROM t"),
        ("SELECT count(*), a, 1 + 1 FROM t", 'SELECT COUNT(*) AS "_col0", a, 1 + 1 AS "_col2" FROM t'),
        ("SELECT * FROM t", "SELECT * FROM t"),
        ("SELECT 1 AS one;", "SELECT 1 AS one"),
    ],
)
def test_trino_becomes_duckdb(trino: str, duckdb: str) -> None:
    assert to_duckdb(trino) == duckdb


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELEC a FROM t", "SYNTAX_ERROR: line 1"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed. Got: 2"),
        ("", "Only one sql statement is allowed. Got: 0"),
        ("SELECT 'open", "SYNTAX_ERROR"),
    ],
)
def test_what_is_no_statement_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        to_duckdb(sql)

    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        (Decimal("1E+2"), "100"),
        (date(2026, 3, 9), "2026-03-09"),
        (datetime(2026, 3, 9, 7, 5), "2026-03-09 07:05:00.000"),  # noqa: DTZ001 - a timestamp without a zone
        (datetime(2026, 3, 9, 7, 5, tzinfo=UTC), "2026-03-09 07:05:00.000 UTC"),
        (["a", None], "[a, null]"),
        ({"k": [1]}, "{k=[1]}"),
        (b"\x01\xff", "01 ff"),
    ],
)
def test_values_are_written_as_athena_writes_them(value: Any, text: str | None) -> None:
    assert as_text(value) == text


def test_a_result_file_quotes_everything_but_null() -> None:
    assert as_csv(["a", 'b"'], [["x,y", None], ["", "2"]]) == b'"a","b"""\n"x,y",\n"","2"\n'
