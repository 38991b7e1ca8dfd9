"""What each part of the system refuses, as it keeps it in the quarantine bucket."""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow.parquet as pq

from contract.times import parse_instant
from glue_jobs.store import Store
from operations.kept_batches import PREFIX as GIVEN_UP_BATCHES
from operations.kept_batches import KeptBatch, lines_of, read_batch

EVENTS, CATALOG, CHANGES, STREAM, BATCHES = "events", "catalog", "catalog-changes", "stream", "batches"
GIVEN_UP: Final = "given_up"  # reason of a line whose batch Lambda gave up, whatever the line is like
_STREAM, _CHANGES = "stream/", "catalog-changes/"
_KINDS = {"catalog/": CATALOG, _CHANGES: CHANGES, _STREAM: STREAM, GIVEN_UP_BATCHES: BATCHES}
_COLUMNS = ["reason", "rule", "source_object", "source_line", "payload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A refused line: why, where it was, and what it was.

    `source_object` is the raw object, the snapshot or, where the line was never in one, the quarantine's own object.
    `arrived_at` is None where the key of that object is all that tells.
    """

    reason: str
    rule: str
    source_object: str
    source_line: int
    payload: bytes
    arrived_at: datetime | None = None

    @property
    def id(self) -> str:
        """What `clickstream quarantine show` takes."""
        return f"{self.source_object}:{self.source_line}"

    @property
    def kind(self) -> str:
        """Who refused it: EVENTS and CATALOG are jobs, CHANGES and STREAM functions; BATCHES are Lambda's own."""
        return next((kind for prefix, kind in _KINDS.items() if self.source_object.startswith(prefix)), EVENTS)


def job_lines(store: Store, prefix: str) -> Iterator[BadLine]:
    """Of the Spark jobs: Parquet files under `prefix`."""
    for found in store.list(prefix):
        table = pq.read_table(io.BytesIO(store.read(found.key)), columns=_COLUMNS)
        yield from (BadLine(**row) for row in table.to_pylist())


def stream_lines(store: Store) -> Iterator[BadLine]:
    """Of the stream's consumers. A line whose batch was cut differently the next time lies in two objects; it comes
    once."""
    yield from _once(store, _STREAM, ("shard", "sequence", "sub"))


def change_lines(store: Store) -> Iterator[BadLine]:
    """Messages that make no change of the catalog; one that was delivered again comes once."""
    yield from _once(store, _CHANGES, ("message",))


def batch_lines(store: Store) -> Iterator[BadLine]:
    """All lines of the stream's batches that Lambda gave up, taken apart; checkpoints of producers are none."""
    for found in store.list(GIVEN_UP_BATCHES):
        batch = read_batch(store.read(found.key))
        if batch is not None:
            yield from _of_batch(found.key, batch)


def _once(store: Store, prefix: str, identity: Sequence[str]) -> Iterator[BadLine]:
    seen: set[tuple[Any, ...]] = set()
    for found in store.list(prefix):
        for number, text in enumerate(gzip.decompress(store.read(found.key)).splitlines(), 1):
            line = json.loads(text)
            name = tuple(line[part] for part in identity)
            if name not in seen:
                seen.add(name)
                yield _of_function(found.key, number, line)


def _of_function(key: str, number: int, line: Mapping[str, Any]) -> BadLine:
    return BadLine(
        reason=line["reason"],
        rule=line["rule"],
        source_object=key,
        source_line=number,
        payload=base64.b64decode(line["payload"]),
        arrived_at=parse_instant(line["arrived_at"]),
    )


def _of_batch(key: str, batch: KeptBatch) -> Iterator[BadLine]:
    lines = ((line, record) for record in batch.records for line in lines_of(record))
    for number, (line, record) in enumerate(lines, 1):
        arrived_at = record["kinesis"].get("approximateArrivalTimestamp")
        yield BadLine(
            reason=GIVEN_UP,
            rule=batch.condition,
            source_object=key,
            source_line=number,
            payload=line,
            arrived_at=None if arrived_at is None else datetime.fromtimestamp(arrived_at, UTC),
        )
