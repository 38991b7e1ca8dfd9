"""A schema for files that come without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from glue_jobs.gate.cells import text_cells
from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import GateFile
from glue_jobs.gate.numbers import as_numbers
from glue_jobs.gate.parsed import parse
from glue_jobs.gate.schema import NAMESPACE, REQUIRED, RESERVED, Column, Schema

_FORMS = ("long", "float")


def infer_schema(dataset: str, header: Sequence[str], files: Iterable[GateFile]) -> dict[str, Any]:
    """In the header's order. Columns of Personalize have its types; others are numbers where every value is one,
    else categories. `PRODUCT_DESCRIPTION` of items is text."""
    required, reserved = REQUIRED[dataset], RESERVED[dataset]
    names = [*dict.fromkeys(header), *(name for name in required if name not in header)]
    own = [name for name in names if name not in required and name not in reserved]
    types = _types(
        Schema(dataset=dataset, columns=tuple(Column(name=n, type="string", nullable=True) for n in own)), files
    )
    fields = [
        {"name": name, "type": required[name]}
        if name in required
        else {"name": name, "type": [reserved[name], "null"]}
        if name in reserved
        else _own(dataset, name, types[name])
        for name in names
    ]
    return {"type": "record", "name": dataset, "namespace": NAMESPACE, "fields": fields, "version": "1.0"}


def _own(dataset: str, name: str, type_: str) -> dict[str, Any]:
    field = {"name": name, "type": [type_, "null"]}
    if type_ != "string":
        return field
    is_text = dataset == "Items" and name == "PRODUCT_DESCRIPTION"
    return field | {"textual" if is_text else "categorical": True}


def _types(schema: Schema, files: Iterable[GateFile]) -> dict[str, str]:
    """The narrowest type that all values of a column have; what is always empty is a category."""
    fits = {name: set(_FORMS) for name in schema.names}
    given: set[str] = set()
    for file in files if schema.columns else ():
        parsed = parse(file.name, file.read(), schema, Findings())
        for column in schema.columns:
            if column.name in parsed.table.column_names:
                cells = text_cells(parsed.file, parsed.rows, column, parsed.table[column.name], Findings())
                given |= {column.name} if cells.values.null_count < len(cells.values) else set()
                fits[column.name] &= {form for form in fits[column.name] if _all_are(cells.values, form)}
    return {
        name: next((form for form in _FORMS if form in fits[name] and name in given), "string") for name in schema.names
    }


def _all_are(values: pa.ChunkedArray, form: str) -> bool:
    return bool(as_numbers(values, form).null_count == values.null_count)
