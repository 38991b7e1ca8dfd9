"""Segments: immutable rows of a dataset on disk, and how several of them and put records make the dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_local.data.columns import arrow_schema
from personalize_local.data.durable import whole_folder
from personalize_local.schemas.model import DatasetSchema

ROWS: Final = "rows.arrow"
FACTS: Final = "segment.json"
# Beside the schema's columns, of put events alone; no column of a schema can have such a name.
SESSION: Final = "$session"
EVENT_ID: Final = "$event_id"
_INTERNAL: Final = (pa.field(SESSION, pa.string()), pa.field(EVENT_ID, pa.string()))
_KEYS: Final = {"Items": "ITEM_ID", "Users": "USER_ID"}
_MIXER, _OTHER_MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)

Part: TypeAlias = "Path | pa.Table"


class SegmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What segment.json says."""

    rows: int
    columns: tuple[str, ...]
    schema: str  # digest


def schema_digest(schema: DatasetSchema) -> str:
    fields = [(f.name, f.type, f.nullable, f.categorical, f.textual) for f in schema.fields]
    return hashlib.sha256(msgspec.json.encode([schema.dataset, fields])).hexdigest()


class SegmentWriter:
    """Takes batches as `arrow_schema` has them."""

    def __init__(self, file: pa.ipc.RecordBatchFileWriter) -> None:
        self._file = file
        self.rows = 0

    def write(self, batch: pa.RecordBatch | pa.Table) -> None:
        if batch.num_rows:
            self._file.write(batch)
            self.rows += batch.num_rows


@contextmanager
def new_segment(out: Path, schema: DatasetSchema) -> Iterator[SegmentWriter]:
    """A segment that is at `out` when the block has ended well, and nowhere if it has not."""
    columns = arrow_schema(schema)
    with whole_folder(out) as folder:
        with pa.OSFile(str(folder / ROWS), "wb") as sink, pa.ipc.new_file(sink, columns) as file:
            writer = SegmentWriter(file)
            yield writer
        facts = SegmentFacts(rows=writer.rows, columns=tuple(columns.names), schema=schema_digest(schema))
        (folder / FACTS).write_bytes(msgspec.json.encode(facts))


def segment_facts(path: Path) -> SegmentFacts:
    return msgspec.json.decode((path / FACTS).read_bytes(), type=SegmentFacts)


def read_segment(path: Path) -> pa.Table:
    """Its rows, mapped into memory and not read."""
    return pa.ipc.open_file(pa.memory_map(str(path / ROWS))).read_all()


def put_table(records: Iterable[Mapping[str, Any]], schema: DatasetSchema) -> pa.Table:
    """Records by column, as a part of the dataset. Of events, also `SESSION` and `EVENT_ID`."""
    columns = arrow_schema(schema)
    if schema.dataset == "Interactions":
        columns = pa.schema([*columns, *_INTERNAL])
    return pa.Table.from_pylist(list(records), columns)


def merged(parts: Sequence[Part], schema: DatasetSchema) -> pa.Table:
    """The dataset that the parts make, oldest part first, with the schema's columns.

    Interactions: all of them, those that are the same in every column once (put events keep `SESSION`). Items and
    Users: of each id the newest record. A part that lacks a column, since the schema has changed, has nulls there.
    """
    table = together(parts, schema)
    return distinct(table, schema) if schema.dataset == "Interactions" else _newest(table, _KEYS[schema.dataset])


def together(parts: Sequence[Part], schema: DatasetSchema) -> pa.Table:
    """All rows of the parts, in their order, repeats included."""
    tables = [read_segment(part) if isinstance(part, Path) else part for part in parts]
    return pa.concat_tables([conformed(table, schema) for table in [*tables, put_table([], schema)]])


def conformed(table: pa.Table, schema: DatasetSchema) -> pa.Table:
    """With the schema's columns (and of Interactions the two of put events), nulls where the table lacks one."""
    columns = arrow_schema(schema)
    if schema.dataset == "Interactions":
        columns = pa.schema([*columns, *_INTERNAL])
    arrays = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        for field in columns
    ]
    return pa.table(arrays, schema=columns)


def codes_of(values: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array]:
    """For each value its number among the distinct ones (-1 for null), and these."""
    encoded = values.dictionary_encode()
    if not encoded.num_chunks:
        return np.zeros(0, np.int64), encoded.combine_chunks().dictionary
    # Chunks that are encoded together share one dictionary: to unify them would only compare its strings again.
    codes = pa.chunked_array([chunk.indices for chunk in encoded.chunks])
    return pc.fill_null(codes, -1).to_numpy().astype(np.int64), encoded.chunk(0).dictionary


def _newest(table: pa.Table, key: str) -> pa.Table:
    codes, names = codes_of(table.column(key))
    if len(names) == len(table):
        return table
    last = np.zeros(len(names), np.int64)
    last[codes] = np.arange(len(codes))  # where an index repeats, the last value stays
    return table.take(pa.array(np.sort(last)))


def distinct(table: pa.Table, schema: DatasetSchema) -> pa.Table:
    """Interactions without the later of those that are the same in every column; the order stays."""
    suspects = _suspects(table)
    if not len(suspects):
        return table
    rows = table.take(pa.array(suspects)).append_column("$place", pa.array(suspects))
    rows = _with_visitor(rows)
    keys = [*(field.name for field in schema.fields), "$visitor"]
    groups = rows.group_by(keys, use_threads=False).aggregate([("$place", "min")])
    is_kept = np.ones(len(table), np.bool_)
    is_kept[suspects] = False
    is_kept[groups.column("$place_min").to_numpy()] = True
    return table if is_kept.all() else table.filter(pa.array(is_kept))


def _with_visitor(rows: pa.Table) -> pa.Table:
    """Sessions tell visitors apart only where there is no user."""
    visitor = pc.if_else(rows.column("USER_ID").is_null(), rows.column(SESSION), None)
    return rows.append_column("$visitor", visitor)


def _suspects(table: pa.Table) -> NDArray[np.int64]:
    """Rows whose user, item and time come more than once, found by one hash of the three."""
    users, _ = codes_of(table.column("USER_ID"))
    items, _ = codes_of(table.column("ITEM_ID"))
    times = pc.fill_null(table.column("TIMESTAMP"), 0).to_numpy()
    key = ((users << 32) ^ items).astype(np.uint64)
    hashed = key * _MIXER ^ times.astype(np.uint64) * _OTHER_MIXER
    order = np.argsort(hashed)
    same = hashed[order][1:] == hashed[order][:-1]
    is_suspect = np.zeros(len(hashed) + 1, np.bool_)
    is_suspect[1:-1] |= same
    is_suspect[:-2] |= same
    return np.sort(order[is_suspect[:-1]])
