"""Collect the evidence on the files: manifests, listings, and every row, read without Spark."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contract.ledger import DELIVERED, Entry, newest_outputs
from contract.manifest import Manifest
from contract.projection import DATASETS, Dataset, interaction, is_exported
from contract.rows import read_row
from contract.rules import Refused
from contract.snapshots import DATASETS as CATALOGS
from contract.snapshots import snapshot_prefix, snapshot_time
from contract.times import format_instant, parse_instant
from glue_jobs.catalog.kind import KINDS, CatalogKind
from glue_jobs.catalog.layout import quarantine_key
from glue_jobs.files.history import read_history
from glue_jobs.store import Store
from operations.audit.files.evidence import CatalogLines, DatasetEvidence, FilesEvidence, LakeEvents, Place, Row
from operations.audit.gather import read_entries

NAMES = {"interactions": "Interactions", "items": "Items", "users": "Users"}
_COLUMNS = (
    *("user_id", "anonymous_id", "item_id", "occurred_at", "event_type", "value", "impression"),
    *("recommendation_id", "consent", "source_object", "source_line"),
)
_BLANK = b" \t\r"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARSE: dict[str, Callable[[str], Any]] = {"string": str, "long": int, "float": float}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStores:
    raw: Store  # the whole bucket
    lake: Store
    quarantine: Store
    personalize: Store


def gather_files(stores: FileStores, *, quick: bool = False) -> FilesEvidence:
    """Everything, as it is now; `quick` reads no rows and trusts the manifests' counts and etags."""
    return FilesEvidence(
        datasets={name: _dataset(stores.personalize, name, quick=quick) for name in NAMES},
        events=_events(stores.lake, quick=quick),
        catalog={name: _catalog(stores.raw, KINDS[name], quick=quick) for name in CATALOGS},
        kept={name: _kept(stores.quarantine, name) for name in CATALOGS},
    )


def _dataset(store: Store, name: str, *, quick: bool) -> DatasetEvidence:
    current = read_history(store, name).current
    files = {found.key: found.etag for manifest in current for found in store.list(manifest.prefix)}
    rows = {} if quick else {m.number: list(_rows_of(store, m, files, DATASETS[NAMES[name]])) for m in current}
    return DatasetEvidence(current=current, files=files, rows=rows)


def _rows_of(store: Store, manifest: Manifest, there: Mapping[str, str], dataset: Dataset) -> Iterator[Row]:
    """Of a file that is no longer readable, those before the place where it is not: the rest is missing."""
    for file in manifest.files:
        if file.key in there:
            with suppress(ValueError, csv.Error):
                yield from read_csv(store.read(file.key), dataset)


def read_csv(data: bytes, dataset: Dataset) -> Iterator[Row]:
    """The rows of a file, typed as the dataset declares; an empty cell is None."""
    parse = [_PARSE[column.type] for column in dataset.columns]
    rows = csv.reader(io.StringIO(data.decode(), newline=""), escapechar="\\", doublequote=False, strict=True)
    next(rows, None)
    for row in rows:
        yield tuple(read(cell) if cell else None for read, cell in zip(parse, row, strict=True))


def _events(lake: Store, *, quick: bool) -> LakeEvents:
    entries = read_entries(lake)
    outputs = newest_outputs(entries, "events")
    return LakeEvents(
        accepted=sum(output.rows for output in outputs),
        delivered_since=_delivered_since(entries),
        rows=None if quick else list(_lake_rows(lake, entries)),
    )


def _first_read(entries: Sequence[Entry]) -> dict[str, int]:
    """Raw object -> number of the first entry that read it."""
    return {account.key: entry.number for entry in reversed(entries) for account in entry.inputs}


def _delivered_since(entries: Sequence[Entry]) -> dict[int, int]:
    first = _first_read(entries)
    counts = Counter[int]()
    for entry in entries:
        counts[entry.number] += sum(a.count(DELIVERED) for a in entry.inputs if first[a.key] == entry.number)
    return {n: sum(count for at, count in counts.items() if at > n) for n in (0, *counts)}


def _lake_rows(lake: Store, entries: Sequence[Entry]) -> Iterator[tuple[Place, int, Row | None]]:
    first = _first_read(entries)
    for found in lake.list("events/"):
        table = pq.read_table(io.BytesIO(lake.read(found.key)), columns=list(_COLUMNS))
        at = table.schema.get_field_index("occurred_at")
        ms = table["occurred_at"].cast(pa.timestamp("ms")).cast(pa.int64())  # as datetimes they take long
        for event in table.set_column(at, "occurred_at", ms).to_pylist():
            place = (event["source_object"], event["source_line"])
            yield place, first.get(event["source_object"], 0), _exported(event)


def _exported(event: dict[str, Any]) -> Row | None:
    if not is_exported(event):
        return None
    occurred_at = format_instant(_EPOCH + timedelta(milliseconds=event["occurred_at"]))
    return tuple(interaction(event | {"occurred_at": occurred_at}).values())


def _catalog(raw: Store, kind: CatalogKind, *, quick: bool) -> CatalogLines:
    found = raw.list(snapshot_prefix(kind.name))
    counts: dict[str, int] = {}
    unreadable: list[str] = []
    refused: Counter[tuple[str, int, bytes]] = Counter()
    newest: dict[str, tuple[tuple[Any, ...], Row | None]] = {}
    for snapshot in found:
        numbered = _numbered(raw.read(snapshot.key))
        if numbered is None:
            unreadable.append(snapshot.key)
        lines = [(no, line) for no, line in numbered or () if line.strip(_BLANK)]
        counts[snapshot.key] = len(lines)
        for no, line in () if quick else lines:
            row = read_row(kind.record, line)
            if isinstance(row, Refused):
                refused[snapshot.key, no, line] += 1
            else:
                _take(newest, kind, row, (snapshot.key, no))
    rows = {id_: row for id_, (_, row) in newest.items()}
    etags = {snapshot.key: snapshot.etag for snapshot in found}
    return CatalogLines(
        lines=counts, etags=etags, newest=None if quick else rows, refused=refused, unreadable=unreadable
    )


def _numbered(data: bytes) -> Iterator[tuple[int, bytes]] | None:
    try:
        return enumerate(gzip.decompress(data).split(b"\n"), start=1)
    except (OSError, EOFError, zlib.error):
        return None


def _take(
    newest: dict[str, tuple[tuple[Any, ...], Row | None]], kind: CatalogKind, row: dict[str, Any], place: Place
) -> None:
    updated = row.get("updated_at")
    version = (parse_instant(updated) if updated else snapshot_time(place[0]), *place)
    values = tuple(kind.project(row).values())
    if values[0] not in newest or newest[values[0]][0] < version:
        newest[values[0]] = version, None if row.get("deleted") else values


def _kept(quarantine: Store, name: str) -> Counter[tuple[str, int, bytes]]:
    kept: Counter[tuple[str, int, bytes]] = Counter()
    for found in quarantine.list(quarantine_key(name)):
        with suppress(pa.ArrowException, OSError, KeyError):  # what it held is missing, and named
            for row in pq.read_table(io.BytesIO(quarantine.read(found.key))).to_pylist():
                kept[row["source_object"], row["source_line"], row["payload"]] += 1
    return kept
