"""A quarantine bucket with what each part of the system refused, and where lines go in again."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from consumers.catalog.changes import Unusable
from consumers.catalog.kept import quarantined
from consumers.realtime.lines import Line
from consumers.realtime.quarantine import Poison, objects_of
from contract.codec import encode
from operations.quarantine import read_quarantine
from operations.quarantine_replay.core import Outcome, Replay, Wanted
from operations.quarantine_replay.replayed import StoreReplayed
from operations.quarantine_replay.verdict import Contract
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream
from tests.factories import FakeClock
from tests.support.catalog_world import MemoryQueue
from tests.support.folder_store import FolderStore
from tests.support.world import view

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
RAW = "dt=2026-11-23/hour=09/a.gz"
SHARD = "shardId-000000000000"
ALL = Wanted()


class Quarantine:
    """In a folder."""

    def __init__(self, folder: Path) -> None:
        self.store = FolderStore(folder)
        self.stream = MemoryStream()
        self.queue = MemoryQueue()

    def of_job(
        self, *lines: tuple[bytes, str, str], raw: str = RAW, key: str = "events/dt=2026-11-23/p.parquet"
    ) -> None:
        rows = [
            {"reason": reason, "rule": rule, "source_object": raw, "source_line": n, "payload": line}
            for n, (line, reason, rule) in enumerate(lines, 1)
        ]
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), buffer)
        self.store.put(key, buffer.getvalue())

    def of_stream(self, *lines: tuple[bytes, str, str], first: int = 1) -> None:
        poison = [
            Poison(line=Line(first + n, 0, ARRIVED.timestamp(), line), reason=reason, rule=rule)
            for n, (line, reason, rule) in enumerate(lines)
        ]
        for key, body in objects_of(SHARD, poison).items():
            self.store.put(key, body)

    def of_changes(self, *found: Unusable) -> None:
        for key, body in quarantined(found).items():
            self.store.put(key, body)

    def given_up(self, *records: bytes, condition: str = "RetryAttemptsExhausted") -> None:
        event = {
            "Records": [
                {
                    "kinesis": {
                        "data": base64.b64encode(data).decode(),
                        "approximateArrivalTimestamp": ARRIVED.timestamp(),
                    }
                }
                for data in records
            ]
        }
        kept = {"requestContext": {"condition": condition}, "KinesisBatchInfo": {"shardId": SHARD}}
        self.store.put(
            f"aws/lambda/m-1/{SHARD}/2026/11/23/x", json.dumps(kept | {"payload": json.dumps(event)}).encode()
        )

    def replay(self, wanted: Wanted = ALL, *, dry: bool = False, earliest: int = 1995) -> Outcome:
        replay = Replay(
            contract=Contract(earliest=datetime(earliest, 1, 1, tzinfo=UTC)),
            replayed=StoreReplayed(self.store),
            stream=BatchWriter(self.stream, clock=FakeClock(), limits=Limits(attempts=1), jitter=lambda: 0.0),
            queue=self.queue,
            clock=lambda: NOW,
        )
        return replay.run(read_quarantine(self.store), wanted, dry=dry)

    def sent(self) -> list[tuple[str, bytes]]:
        return [(record.key, record.data) for record in self.stream.records]


def line(number: int, **fields: Any) -> bytes:
    """Of `view(number)`, without its newline."""
    return encode(view(number, **fields)).removesuffix(b"\n")
