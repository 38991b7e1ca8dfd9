"""Deletes users: new segments without their rows, beside the old ones, which stay until the caller drops them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from personalize_local.data.csv_reader import CsvReader, Report
from personalize_local.data.importing import NOT_CONFORMING, ImportRefused, Source
from personalize_local.data.segments import conformed, new_segment, read_segment
from personalize_local.schemas.model import DatasetSchema, Field

_USERS: Final = DatasetSchema(dataset="Users", fields=(Field(name="USER_ID", type="string"),))


@dataclass(frozen=True, kw_only=True)
class Old:
    """A segment, and where what is left of it goes."""

    segment: Path
    out: Path


def users_to_delete(sources: Sequence[Source]) -> frozenset[str]:
    """From CSV files with the single column USER_ID. Raises `ImportRefused`."""
    report, found = Report(), set[str]()
    for source in sources:
        with source.path.open("rb") as stream:
            for batch in CsvReader(source.uri, _USERS, report).read(stream):
                found.update(batch.column("USER_ID").drop_null().to_pylist())
    if report.problems:
        raise ImportRefused(_reason(report), tuple(report.problems.kept), report.problems.more)
    if not found:
        raise ImportRefused("Invalid Data location." if not sources else "The data has no users to delete.")
    return frozenset(found)


def _reason(report: Report) -> str:
    return "Input CSV is missing the following columns: [USER_ID]." if report.missing else NOT_CONFORMING


def delete_users(users: frozenset[str], old: Sequence[Old], schema: DatasetSchema) -> int:
    """Writes each segment anew, by the schema, without the users' rows, and returns how many are left out."""
    wanted = pa.array(sorted(users), pa.string())
    return sum(_rewrite(each, wanted, schema) for each in old)


def _rewrite(old: Old, users: pa.Array, schema: DatasetSchema) -> int:
    table = conformed(read_segment(old.segment), schema).select([field.name for field in schema.fields])
    with new_segment(old.out, schema) as segment:
        for batch in table.to_batches():
            segment.write(batch.filter(pc.invert(pc.is_in(batch.column("USER_ID"), users))))
    return len(table) - segment.rows
