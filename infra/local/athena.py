"""Lets the endpoint's DuckDB answer Athena's queries: Trino SQL in, Athena's text out."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from infra.local import patches

_ATHENA: Final = "ministack.services.athena:"


class QueryRefused(Exception):
    """A query that Athena would not take, or that cannot be put to DuckDB."""


def to_duckdb(sql: str) -> str:
    """One Trino statement in DuckDB's dialect, unnamed columns named as Athena names them.

    Raises `QueryRefused` with the parser's message.
    """
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="trino") if statement is not None]
        if len(statements) != 1:
            raise QueryRefused(f"Only one sql statement is allowed. Got: {len(statements)}")
        statement = statements[0]
        if isinstance(statement, exp.Query):
            _name_columns(statement)
        return statement.sql(dialect="duckdb")
    except SqlglotError as error:
        raise QueryRefused(_reason(error)) from error


def _reason(error: SqlglotError) -> str:
    if not isinstance(error, ParseError) or not error.errors:
        return f"SYNTAX_ERROR: {error}"
    first = error.errors[0]
    return f"SYNTAX_ERROR: line {first['line']}:{first['col']}: {first['description']}, near {first['highlight']!r}"


def _name_columns(query: exp.Query) -> None:
    for number, column in enumerate(query.selects):
        if not isinstance(column, exp.Alias | exp.Column | exp.Star):
            column.replace(exp.alias_(column.copy(), f"_col{number}", quoted=True))


def as_text(value: Any) -> str | None:
    """A value as Athena writes it; None for NULL."""
    if value is None:
        return None
    for types, write in _WRITERS:
        if isinstance(value, types):
            return write(value)
    return str(value)


def _timestamp(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    return text if value.tzinfo is None else f"{text} {value.tzinfo}"


def _map(value: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{key}={_nested(item)}" for key, item in value.items()) + "}"


def _array(value: Sequence[Any]) -> str:
    return "[" + ", ".join(_nested(item) for item in value) + "]"


def _nested(value: Any) -> str:
    text = as_text(value)
    return "null" if text is None else text


# In this order: a bool is an int, a datetime is a date, and text and bytes are sequences.
_WRITERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]] = (
    (str, str),
    (bool, lambda value: "true" if value else "false"),
    (datetime, _timestamp),
    ((date, time), lambda value: value.isoformat()),
    (Decimal, lambda value: f"{value:f}"),
    (bytes, lambda value: value.hex(" ")),
    (Mapping, _map),
    (Sequence, _array),
)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> bytes:
    """A result file as Athena writes it: everything in quotes, NULL as nothing at all."""
    target = io.StringIO()
    for row in (columns, *rows):
        target.write(",".join(_quoted(value) for value in row) + "\n")
    return target.getvalue().encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def install() -> None:
    """Put both ways of translation around ministack's DuckDB."""
    relate = patches.get(f"{_ATHENA}_table_relation")
    patches.replace(f"{_ATHENA}_table_relation", lambda table, files: _typed(relate(table, files), table))
    run = patches.get(f"{_ATHENA}_run_duckdb")
    save = patches.get(f"{_ATHENA}_save_query_results")

    async def run_translated(query: str, database: str, catalog: str | None = None) -> dict[str, Any]:
        results: dict[str, Any] = await run(to_duckdb(query), database, catalog)
        results["rows"] = [[as_text(value) for value in row] for row in results["rows"]]
        return results

    async def save_as_athena(query_id: str) -> None:
        execution = patches.get(f"{_ATHENA}_executions")[query_id]
        await save(query_id)
        if execution["Status"]["State"] != "FAILED" and execution["StatementType"] == "DML":
            results = execution["_results"]
            _write(execution["ResultConfiguration"]["OutputLocation"], results["columns"], results["rows"])

    patches.replace(f"{_ATHENA}_run_duckdb", run_translated)
    patches.replace(f"{_ATHENA}_save_query_results", save_as_athena)


def _typed(relation: str, table: Mapping[str, Any]) -> str:
    # Spark's Parquet timestamps are instants to DuckDB; to Athena a table's `timestamp` has no zone.
    columns = [c["Name"] for c in table["StorageDescriptor"]["Columns"] if c["Type"] == "timestamp"]
    if not columns or not relation.startswith("read_parquet"):
        return relation
    casts = ", ".join(f'CAST("{name}" AS TIMESTAMP) AS "{name}"' for name in columns)
    return f"(SELECT * REPLACE ({casts}) FROM {relation})"  # noqa: S608 - names from the catalog


def _write(location: str, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    # ministack wrote its own file a moment ago; nobody reads it before the query says SUCCEEDED and ours is there.
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body = as_csv(columns, rows)
    headers = {"content-type": "application/octet-stream", "content-length": str(len(body))}
    patches.get("ministack.services.s3:_put_object")(bucket, key, body, headers)
