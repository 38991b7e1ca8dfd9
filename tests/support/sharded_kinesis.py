"""A Kinesis stream on loopback with shards of its own, that splits, rations, and looks at who asks and when."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from producers.sdk.memory import even_shards, hash_of, taken_apart
from producers.sdk.stream import Record, Shard
from tests.support.mortal_stream import MortalStream, serving

Answer = tuple[int, dict[str, Any]]
_SKEW = timedelta(minutes=5)  # what AWS forgives
_BURST = 0.25  # seconds' worth that a shard takes at once


@dataclass(kw_only=True)
class ShardedKinesis(MortalStream):
    """`records`: what was taken, by the shard that has it. `good_token`: of the only credentials that are good.

    `bytes_a_second`: what all shards together take; the rest is throttled, record by record.
    """

    shards: list[Shard] = field(default_factory=lambda: even_shards(4))
    records: list[tuple[Shard, Record]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    offered: int = 0  # bytes, repeats included
    is_listed: bool = True
    good_token: str | None = None
    bytes_a_second: float | None = None
    _paid_until: dict[str, float] = field(default_factory=dict)

    def split(self, at: int) -> None:
        """Into two halves, under ids of their own."""
        with self.lock:
            one = self.shards[at]
            middle = (one.first_hash + one.last_hash) // 2
            halves = Shard(f"{one.id}-l", one.first_hash, middle), Shard(f"{one.id}-h", middle + 1, one.last_hash)
            self.shards[at : at + 1] = halves

    def readable(self) -> list[bytes]:
        """The lines that a strict reader gives out: an aggregate with a key of another shard it drops, as the KCL."""
        lines: list[bytes] = []
        for shard, record in self.records:
            within = taken_apart(record)
            if all(shard.first_hash <= hash_of(Record(one.key, b"")) <= shard.last_hash for one in within):
                lines += [one.data for one in within]
        return lines

    def reply(self, headers: Mapping[str, str], asked: Any) -> Answer | None:
        if self.is_away:
            return None
        with self.lock:
            return self._reply(headers, asked)

    def _reply(self, headers: Mapping[str, str], asked: Any) -> Answer:
        if self.good_token not in {None, headers.get("x-amz-security-token")}:
            return self._no("ExpiredTokenException", "the token in the request is expired")
        at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(at - datetime.now(UTC)) > _SKEW:
            return self._no("InvalidSignatureException", f"Signature expired: {at} is not now")
        if headers["x-amz-target"].endswith("PutRecords"):
            answers = [self._put(record) for record in asked["Records"]]
            return 200, {"FailedRecordCount": sum("ErrorCode" in one for one in answers), "Records": answers}
        if not self.is_listed:
            return self._no("AccessDeniedException", "not authorized to perform: kinesis:ListShards")
        return 200, {"Shards": [_listed(shard) for shard in self.shards]}

    def _no(self, code: str, message: str) -> Answer:
        self.refused[code] = self.refused.get(code, 0) + 1
        return 400, {"__type": code, "message": message}

    def _put(self, asked: Any) -> dict[str, str]:
        record = Record(asked["PartitionKey"], base64.b64decode(asked["Data"]), asked.get("ExplicitHashKey"))
        at = hash_of(record)
        shard = next(shard for shard in self.shards if shard.first_hash <= at <= shard.last_hash)
        self.offered += record.size
        if not self._has_room(shard, record):
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slower"}
        self.records.append((shard, record))
        self.taken += [one.data for one in taken_apart(record)]
        return {"SequenceNumber": "1", "ShardId": shard.id}

    def _has_room(self, shard: Shard, record: Record) -> bool:
        if self.bytes_a_second is None:
            return True
        now = time.monotonic()
        paid = max(self._paid_until.get(shard.id, 0.0), now - _BURST)
        if paid > now:
            return False
        self._paid_until[shard.id] = paid + record.size * len(self.shards) / self.bytes_a_second
        return True


@contextmanager
def sharded_kinesis(**facts: Any) -> Iterator[ShardedKinesis]:
    """For the length of the block, on a free port of loopback."""
    with serving(ShardedKinesis(url="", chance=random.Random(0), **facts)) as stream:
        yield stream


def _listed(shard: Shard) -> dict[str, Any]:
    return {
        "ShardId": shard.id,
        "HashKeyRange": {"StartingHashKey": str(shard.first_hash), "EndingHashKey": str(shard.last_hash)},
        "SequenceNumberRange": {"StartingSequenceNumber": "1"},
    }
