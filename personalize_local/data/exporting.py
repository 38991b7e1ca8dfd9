"""Writes a dataset as CSV, in the form that imports read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from personalize_local.data.segments import SESSION, Part, merged
from personalize_local.schemas.model import DatasetSchema, Field

_ROWS_AT_ONCE: Final = 100_000


def export_files(parts: Sequence[Part], schema: DatasetSchema, target: Path) -> int:
    """Writes what the parts make to the file `target` and returns the number of rows.

    An anonymous event has its session as its user, as it is served.
    """
    table = merged(parts, schema)
    if SESSION in table.column_names:
        users = pc.coalesce(table.column("USER_ID"), table.column(SESSION))
        table = table.set_column(table.schema.get_field_index("USER_ID"), "USER_ID", users)
    with target.open("wb") as file:
        file.write(",".join(field.name for field in schema.fields).encode() + b"\n")
        for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
            if batch.num_rows:
                file.write(_lines(batch, schema))
    return len(table)


def _lines(batch: pa.RecordBatch, schema: DatasetSchema) -> bytes:
    cells = [_cells(batch.column(field.name), field) for field in schema.fields]
    rows = pc.binary_join_element_wise(*cells, ",")
    return "".join(f"{row}\n" for row in rows.to_pylist()).encode()


def _cells(values: pa.Array, field: Field) -> pa.Array:
    """Texts as they stand in the file; an empty one for null."""
    if field.type in {"float", "double"}:
        # The shortest digits that are read as the same number.
        return pa.array(["" if value is None else repr(value) for value in values.to_pylist()], pa.string())
    texts = pc.fill_null(values.cast(pa.string()), "")
    if field.type != "string":
        return texts
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    quoted = pc.binary_join_element_wise('"', escaped, '"', "")
    return pc.if_else(pc.match_substring_regex(texts, r'[",\\\r\n]'), quoted, texts)
