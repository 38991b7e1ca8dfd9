"""Firehose's buffering, pure: records in, objects out, and the position to remember once they are written."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from contract.kpl import DamagedAggregate, deaggregate
from infra.local.firehose_settings import DeliverySettings
from infra.local.prefixes import PrefixValues, evaluate, java_time

DAMAGED: Final = "processing-failed"


@dataclass(frozen=True, kw_only=True)
class StreamRecord:
    """One Kinesis record; `arrived_at` is in epoch seconds."""

    shard: str
    sequence_number: str
    arrived_at: float
    data: bytes


@dataclass(frozen=True, kw_only=True)
class DeliveredObject:
    """An object to write, of `records` records."""

    key: str
    body: bytes
    records: int
    is_error: bool = False


@dataclass(kw_only=True)
class Buffer:
    """Records on their way into the next objects of one delivery stream, each shard's in order."""

    settings: DeliverySettings
    positions: dict[str, str] = field(default_factory=dict)
    _good: list[bytes] = field(default_factory=list)
    _bad: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _opened_at: float = 0.0
    _oldest: float = 0.0

    def add(self, record: StreamRecord, *, now: float) -> None:
        """Take `record`, its aggregated records apart; a damaged aggregate becomes an error record whole."""
        if not self.positions:
            self._opened_at, self._oldest = now, record.arrived_at
        self._oldest = min(self._oldest, record.arrived_at)
        self.positions[record.shard] = record.sequence_number
        try:
            parts = deaggregate(record.data)
        except DamagedAggregate as error:
            self._bad.append(_error_line(record, str(error), now=now))
            self._bytes += len(record.data)
            return
        data = [record.data] if parts is None else [part.data for part in parts]
        self._good += data
        self._bytes += sum(map(len, data))

    @property
    def full(self) -> bool:
        """Whether the size hint says deliver."""
        return self._bytes >= self.settings.max_bytes

    def due(self, *, now: float) -> bool:
        """Whether the hints say deliver: the buffer is full, or its first record has waited long enough."""
        if not self.positions:
            return False
        return self.full or now - self._opened_at >= self.settings.interval_seconds

    def objects(self, *, new_id: Callable[[], str]) -> list[DeliveredObject]:
        """The objects to write; the positions may be remembered once all of them are."""
        at = datetime.fromtimestamp(self._oldest, UTC)
        objects = []
        if self._good:
            objects.append(self._object(self._good, at=at, new_id=new_id, error_type=None))
        if self._bad:
            objects.append(self._object(self._bad, at=at, new_id=new_id, error_type=DAMAGED))
        return objects

    def _object(
        self, lines: list[bytes], *, at: datetime, new_id: Callable[[], str], error_type: str | None
    ) -> DeliveredObject:
        is_error, settings = error_type is not None, self.settings
        values = PrefixValues(at=at, random=lambda: new_id().replace("-", ""), error_type=error_type)
        prefix = evaluate(settings.error_prefix if is_error else settings.prefix, values)
        name = f"{settings.name}-{settings.version}-{java_time('yyyy-MM-dd-HH-mm-ss', at)}-{new_id()}"
        body = b"".join(lines)
        return DeliveredObject(
            key=f"{prefix}{name}{settings.extension}",
            # Level 6 is the tool's default; without a time the same records are the same bytes.
            body=gzip.compress(body, 6, mtime=0) if settings.gzip else body,
            records=len(lines),
            is_error=is_error,
        )


def _error_line(record: StreamRecord, message: str, *, now: float) -> bytes:
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(record.arrived_at * 1000),
        "errorCode": "Deaggregation.Failed",
        "errorMessage": message,
        "attemptEndingTimestamp": int(now * 1000),
        "rawData": base64.b64encode(record.data).decode(),
        "shardId": record.shard,
        "sequenceNumber": record.sequence_number,
    }
    return json.dumps(document).encode() + b"\n"
