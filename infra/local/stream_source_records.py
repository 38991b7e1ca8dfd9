"""Records on their way from a shard to a function, and the documents that Lambda makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

INVOCATION_BYTES: Final = 6 * 1024 * 1024  # the payload limit of a synchronous invocation
_ENVELOPE_BYTES: Final = 600  # what surrounds a record's data in the event, rounded up


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRecord:
    """One Kinesis record as the event carries it; `arrived_at` is in epoch seconds."""

    shard: str
    sequence_number: str
    partition_key: str
    data: str  # base64
    arrived_at: float

    @property
    def payload_bytes(self) -> int:
        """What it takes of an invocation's payload."""
        return len(self.data) + len(self.partition_key.encode()) + _ENVELOPE_BYTES


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Records of one invocation in their order, with what was tried; `failures` uses up the retries."""

    records: tuple[SourceRecord, ...]
    failures: int = 0
    invocations: int = 0


def invocation_event(batch: Batch, *, stream_arn: str, role_arn: str) -> dict[str, Any]:
    """The event a function gets for `batch`."""
    region = stream_arn.split(":")[3]
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": record.partition_key,
                    "sequenceNumber": record.sequence_number,
                    "data": record.data,
                    "approximateArrivalTimestamp": record.arrived_at,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"{record.shard}:{record.sequence_number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": role_arn,
                "awsRegion": region,
                "eventSourceARN": stream_arn,
            }
            for record in batch.records
        ]
    }


def failure_record(
    batch: Batch, *, condition: str, request_id: str, function_arn: str, stream_arn: str, now: float
) -> dict[str, Any]:
    """What a destination is told of a discarded batch; an S3 destination adds the event as `payload`."""
    first, last = batch.records[0], batch.records[-1]
    return {
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": batch.invocations,
        },
        "responseContext": _response_context(batch),
        "version": "1.0",
        "timestamp": timestamp(now),
        "KinesisBatchInfo": {
            "shardId": first.shard,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": timestamp(first.arrived_at),
            "approximateArrivalOfLastRecord": timestamp(last.arrived_at),
            "batchSize": len(batch.records),
            "streamArn": stream_arn,
        },
    }


def failure_key(*, mapping: str, shard: str, now: float, random_id: str) -> str:
    """Where Lambda puts the record of a discarded batch in a bucket."""
    at = datetime.fromtimestamp(now, UTC)
    return f"aws/lambda/{mapping}/{shard}/{at:%Y/%m/%d}/{at:%Y-%m-%dT%H.%M.%S}-{random_id}"


def timestamp(seconds: float) -> str:
    """Epoch seconds as Lambda writes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _response_context(batch: Batch) -> Mapping[str, Any] | None:
    if not batch.invocations:
        return None
    return {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}


def within_payload(records: Sequence[SourceRecord], *, count: int) -> int:
    """How many of the first `count` records fit one invocation; at least one, if there is one."""
    total = 0
    for number, record in enumerate(records):
        total += record.payload_bytes
        if number == count or (number and total > INVOCATION_BYTES):
            return number
    return len(records)
