"""The events job's work done by DuckDB in this process: raw folder in, lake and quarantine folders out."""

# ruff: noqa: S608  # the statements are our own text

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from contract.columns import EVENTS_TABLE, SOURCE_COLUMNS
from contract.events import ABSENT
from contract.times import format_instant
from glue_jobs.events.layout import arrival
from tests.bench.duckdb_rules import event_reason, is_plain, json_structure, plain_keeps_all, quoted, text_reason
from tests.bench.events_job_spark import EARLIEST

_INSTANTS = [c.name for c in EVENTS_TABLE if c.type == "timestamp"]
_EARLIEST = f"TIMESTAMPTZ '{format_instant(EARLIEST)}'"
_SOURCE = [c.name for c in SOURCE_COLUMNS]
# Bytes come in as Latin-1, one character each: DuckDB refuses text that is not UTF-8, and bad lines are to be kept.
_PAYLOAD = """CASE WHEN strlen(line) = length(line) THEN encode(line) ELSE unhex(array_to_string(
  list_transform(string_split(line, ''), lambda c: lpad(to_hex(unicode(c)), 2, '0')), '')) END"""


def main(raw: Path, out: Path) -> None:
    for name in ("lake", "quarantine"):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    connection = duckdb.connect()
    for statement in _statements(raw, out):
        connection.execute(statement)


def _statements(raw: Path, out: Path) -> Iterator[str]:
    yield f"SET threads = 2; SET TimeZone = 'UTC'; SET temp_directory = {quoted(str(out / 'duckdb'))}"
    yield _objects(raw)
    yield _lines(sorted(map(str, raw.rglob("*.gz"))))
    yield """CREATE TEMP TABLE firsts AS SELECT object_no, min(lines.rowid) AS first
      FROM lines JOIN objects USING (filename) GROUP BY object_no"""
    yield _events()
    yield _others()
    yield "INSERT INTO events SELECT nr, object_no, e FROM others WHERE reason IS NULL"
    yield _repeats()
    yield _lake(out)
    yield _quarantine(out)


def _objects(raw: Path) -> str:
    rows = []
    for no, path in enumerate(sorted(raw.rglob("*.gz"), key=str)):
        came = arrival(key := str(path.relative_to(raw)))
        rows.append(
            f"({no}, {quoted(str(path))}, {quoted(key)}, '{came.dt}', TIMESTAMPTZ '{format_instant(came.latest)}')"
        )
    values = ", ".join(rows)
    columns = "object_no, filename, source_object, arrived_dt, latest"
    return f"CREATE TEMP TABLE objects AS SELECT * FROM (VALUES {values}) t({columns})"


def _lines(files: Sequence[str]) -> str:
    """In the order of objects and lines: the number of a row in the table is its place."""
    as_text = f"header = false, auto_detect = false, quote = '', escape = '', delim = '{chr(1)}', new_line = '\\n'"
    return f"""CREATE TEMP TABLE lines AS SELECT line, filename FROM read_csv({list(files)}, {as_text},
      encoding = 'latin-1', filename = true, max_line_size = 1000000, columns = {{'line': 'VARCHAR'}})"""


def _events() -> str:
    """Plain lines that keep the contract; one look at the text and one parse each."""
    return f"""CREATE TEMP TABLE events AS
      WITH plain AS MATERIALIZED (SELECT lines.rowid AS nr, object_no, latest, {_EARLIEST} AS earliest,
        CASE WHEN {is_plain("line")} THEN from_json(line, {quoted(json_structure())}) END AS e
        FROM lines JOIN objects USING (filename))
      SELECT nr, object_no, e FROM plain WHERE e IS NOT NULL AND {plain_keeps_all()}"""


def _others() -> str:
    return f"""CREATE TEMP TABLE others AS
      WITH texts AS MATERIALIZED (
        SELECT lines.rowid AS nr, object_no, line, latest, {_EARLIEST} AS earliest, {text_reason()} AS text_reason
        FROM lines JOIN objects USING (filename) ANTI JOIN events ON lines.rowid = events.nr),
      parsed AS (SELECT *, CASE WHEN text_reason IS NULL THEN line END AS json FROM texts),
      judged AS MATERIALIZED (
        SELECT nr, object_no, line, json, coalesce(text_reason, {event_reason()}) AS reason FROM parsed)
      SELECT nr, object_no, line, reason,
        CASE WHEN reason IS NULL THEN from_json(json, {quoted(json_structure())}) END AS e FROM judged"""


def _repeats() -> str:
    """Of events that are not excluded and come more than once, all but the first; `same`: it is no conflict."""
    told = "SELECT nr, e.event_id AS id, e.occurred_at::TIMESTAMPTZ AS occurred FROM events WHERE " + _CONSENTS
    return f"""CREATE TEMP TABLE repeats AS
      WITH told AS ({told}), twice AS (SELECT id FROM told GROUP BY id HAVING count(*) > 1)
      SELECT nr, occurred = first_value(occurred) OVER by_id AS same FROM told SEMI JOIN twice USING (id)
      WINDOW by_id AS (PARTITION BY id ORDER BY nr) QUALIFY row_number() OVER by_id > 1"""


_CONSENTS = "e.consent.analytics IS NOT FALSE"


def _lake(out: Path) -> str:
    """Sorted, though not quite: its partitioned writer takes batches as its two threads finish them."""
    columns = ", ".join(_column(c.name) for c in EVENTS_TABLE)
    return f"""COPY (SELECT {columns}, strftime(occurred, '%Y-%m-%d') AS dt FROM {_PLACED}
        WHERE {_CONSENTS} AND nr NOT IN (SELECT nr FROM repeats) ORDER BY occurred_at, event_id)
      TO {quoted(str(out / "lake/events"))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt))"""


_PLACED = """(SELECT t.*, source_object, nr - first + 1 AS source_line, e.occurred_at::TIMESTAMPTZ AS occurred
  FROM events t JOIN objects USING (object_no) JOIN firsts USING (object_no))"""


def _column(name: str) -> str:
    if name in _SOURCE:
        return name
    if name in _INSTANTS:
        return f"date_trunc('milliseconds', e.{name}::TIMESTAMPTZ)::TIMESTAMP AS {name}"
    return f"coalesce(e.{name}, {ABSENT[name]!r}) AS {name}" if name in ABSENT else f"e.{name} AS {name}"


def _quarantine(out: Path) -> str:
    return f"""COPY (
        SELECT reason, {_PAYLOAD} AS payload, source_object, arrived_dt AS dt
        FROM others JOIN objects USING (object_no) WHERE reason <> 'checkpoint'
        UNION ALL SELECT 'id_conflict', {_PAYLOAD}, source_object, arrived_dt
        FROM repeats JOIN lines ON repeats.nr = lines.rowid JOIN objects USING (filename) WHERE NOT same)
      TO {quoted(str(out / "quarantine/events"))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (dt))"""


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
