"""Collect the evidence from S3: listings, the place of every row, and raw bytes only where these disagree."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow.parquet as pq

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.ledger import Entry, decode_entry
from glue_jobs.events.layout import LEDGER
from glue_jobs.store import Store
from operations.audit.core import KEPT_OUTCOME, changed_files, misplaced
from operations.audit.evidence import Evidence, RawLines, TableRows

_BLANK = b" \t\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    raw: Store  # below the events' prefix
    lake: Store
    quarantine: Store

    def of(self, table: str) -> Store:
        return self.lake if table == "events" else self.quarantine


def gather(stores: Stores, *, quick: bool = False, kept_since: datetime | None = None) -> Evidence:
    """Everything the audit needs, as it is now.

    Reads the place of every row of the lake and the quarantine; `quick` trusts files whose etag is the entries'.
    """
    entries = read_entries(stores.lake)
    raw = {found.key: found.etag for found in stores.raw.list("")}
    files = {table: {f.key: f.etag for f in stores.of(table).list("events/")} for table in KEPT_OUTCOME}
    looked_at = [
        table
        for table in KEPT_OUTCOME
        if not quick or any(changed_files(entries, table, files[table], kept_since=kept_since))
    ]
    rows = {table: TableRows(places=list(_places(stores.of(table), files[table]))) for table in looked_at}
    return Evidence(
        entries=entries,
        raw=raw,
        files=files,
        rows=rows,
        reread={key: scan(key, stores.raw.read(key)) for key in sorted(_to_reread(entries, raw, rows))},
        kept_since=kept_since,
    )


def _to_reread(entries: list[Entry], raw: dict[str, str], rows: dict[str, TableRows]) -> set[str]:
    """Raw objects that no entry vouches for, and those that can name a row that is not where it must be."""
    read = {account.key: account.etag for entry in entries for account in entry.inputs}
    doubted = {key for key, etag in raw.items() if read.get(key) != etag}
    for table, now in rows.items():
        doubted |= {key for _, places in misplaced(entries, table, now) for key, _ in places if key in raw}
    return doubted


def read_entries(lake: Store) -> list[Entry]:
    """Every entry of the events job, in order."""
    return [decode_entry(lake.read(found.key)) for found in lake.list(LEDGER)]


def scan(key: str, data: bytes) -> RawLines:
    """A raw object's lines: who stamped which. Line numbers count from 1, blank lines included."""
    stamps: dict[int, tuple[str, int]] = {}
    checkpoints: list[Checkpoint] = []
    lines = 0
    for number, line in enumerate(gzip.decompress(data).split(b"\n"), start=1):
        if is_blank(line):
            continue
        lines += 1
        checkpoint = parse_checkpoint(line)
        if checkpoint is not None:
            checkpoints.append(checkpoint)
        elif stamp := stamp_of(line):
            stamps[number] = stamp
    return RawLines(key=key, lines=lines, stamps=stamps, checkpoints=checkpoints)


def is_blank(line: bytes) -> bool:
    """Whether it has a number and no outcome."""
    return not line.strip(_BLANK)


def stamp_of(line: bytes) -> tuple[str, int] | None:
    """Its producer_id and producer_seq, whether or not the contract takes the line."""
    if b'"producer_seq"' not in line:
        return None
    try:
        event = json.loads(line)
        stamp = event["producer_id"], event["producer_seq"]
    except (ValueError, KeyError, TypeError):
        return None
    return stamp if isinstance(stamp[0], str) and isinstance(stamp[1], int) else None


def _places(store: Store, files: dict[str, str]) -> Iterator[tuple[str, int]]:
    for key in files:
        table = pq.read_table(io.BytesIO(store.read(key)), columns=["source_object", "source_line"])
        yield from zip(table["source_object"].to_pylist(), table["source_line"].to_pylist(), strict=True)
