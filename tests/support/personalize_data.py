"""Schemas, files and rows for tests of the emulator's data."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from personalize_local.data.csv_reader import CsvReader, Report
from personalize_local.data.importing import Imported, Mode, Source, import_files
from personalize_local.data.segments import read_segment
from personalize_local.schemas.model import DatasetSchema, Field

IDS = (Field(name="USER_ID", type="string"), Field(name="ITEM_ID", type="string"), Field(name="TIMESTAMP", type="long"))
INTERACTIONS = DatasetSchema(
    dataset="Interactions",
    fields=(
        *IDS,
        Field(name="EVENT_TYPE", type="string", nullable=True),
        Field(name="EVENT_VALUE", type="float", nullable=True),
        Field(name="DEVICE", type="string", nullable=True, categorical=True),
    ),
)
ITEMS = DatasetSchema(
    dataset="Items",
    fields=(
        Field(name="ITEM_ID", type="string"),
        Field(name="GENRES", type="string", nullable=True, categorical=True),
        Field(name="PRICE", type="double", nullable=True),
        Field(name="YEAR", type="int", nullable=True),
        Field(name="ADULT", type="boolean", nullable=True),
        Field(name="DESCRIPTION", type="string", nullable=True, textual=True),
        Field(name="CREATION_TIMESTAMP", type="long", nullable=True),
    ),
)
USERS = DatasetSchema(
    dataset="Users",
    fields=(Field(name="USER_ID", type="string"), Field(name="GENDER", type="string", nullable=True, categorical=True)),
)
START = 1_700_000_000
Found = tuple[str, int, str, str, str]  # a problem: file, row, column, rule, value


def header(schema: DatasetSchema) -> bytes:
    return ",".join(field.name for field in schema.fields).encode() + b"\n"


def read(
    data: bytes, schema: DatasetSchema, *, block: int = 1 << 20, strict_order: bool = False
) -> tuple[list[dict[str, Any]], list[Found]]:
    """Rows and problems of one file, "f.csv"."""
    report = Report()
    reader = CsvReader("f.csv", schema, report, block=block, strict_order=strict_order)
    rows = [row for batch in reader.read(io.BytesIO(data)) for row in batch.to_pylist()]
    return rows, [(p.file, p.row, p.column, p.rule, p.value) for p in report.problems.kept]


def import_all(
    files: Mapping[str, bytes], schema: DatasetSchema, folder: Path, *, mode: Mode = "FULL", out: str = "segment"
) -> Imported:
    """Imports files of these names into the segment `out` of the folder."""
    sources = []
    for name, data in files.items():
        (folder / name).write_bytes(data)
        sources.append(Source(uri=f"s3://bucket/{name}", path=folder / name))
    return import_files(sources, schema, mode=mode, out=folder / out)


def rows_of(segment: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_segment(segment).to_pylist()
    return rows


def interaction(user: str, item: str, at: int = 0, **more: Any) -> dict[str, Any]:
    """A record of `INTERACTIONS`, `at` seconds after `START`."""
    return {"USER_ID": user, "ITEM_ID": item, "TIMESTAMP": START + at, "EVENT_TYPE": "view", **more}


def visits(users: int = 50, each: int = 20) -> list[dict[str, Any]]:
    """Enough to train on by default."""
    return [interaction(f"u-{u}", f"i-{(u * 7 + n) % 30}", u + n * 100) for u in range(users) for n in range(each)]


def csv_of(rows: Sequence[Mapping[str, Any]], schema: DatasetSchema) -> bytes:
    """As a careful writer has it; None is an empty cell."""
    lines = [",".join(_written(row.get(field.name)) for field in schema.fields) for row in rows]
    return header(schema) + "".join(f"{line}\n" for line in lines).encode()


def _written(value: Any) -> str:
    text = "" if value is None else repr(value).lower() if isinstance(value, bool) else str(value)
    if not set(text) & set('",\\\r\n'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
