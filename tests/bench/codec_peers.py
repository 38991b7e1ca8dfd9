"""What the peers do in the codec benchmark; runs in build/peers.

Of aiokpl its batch of one shard, its hash, its map and its codec; its locks, timers and the second packing of a batch
that is over the limit are left out.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from typing import Any

from aiokpl.aggregation import UserRecord, decode_aggregated
from aiokpl.aggregator import AggregatedBatch, _BufferedRecord
from aiokpl.hashing import md5_hash_key
from aiokpl.shard_map import ShardMap
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import deaggregate_records

from producers.sdk.stream import Shard
from tests.support.kpl_messages import AggregatedRecord, sealed

_FRAME_BYTES = 20  # magic and digest

Packed = Iterator[tuple[bytes, int]]


def by_aws_kinesis_agg(keys: Sequence[bytes], events: Sequence[bytes], limit: int) -> Packed:
    """With keys in bytes: it over-counts text, and its aggregates are a quarter emptier then."""
    aggregator = RecordAggregator(limit)
    for key, event in zip(keys, events, strict=True):
        full = aggregator.add_user_record(key, event)
        if full:
            yield full.get_contents()[2], full.get_num_user_records()
    last = aggregator.clear_and_get()
    yield last.get_contents()[2], last.get_num_user_records()


def by_aiokpl(keys: Sequence[str], events: Sequence[bytes], limit: int) -> Packed:
    batch = AggregatedBatch(None)
    for key, event in zip(keys, events, strict=True):
        batch.add(_BufferedRecord(UserRecord(key, event), 0.0, 0))
        if batch.size >= limit:
            yield batch.to_blob(), batch.count
            batch = AggregatedBatch(None)
    yield batch.to_blob(), batch.count


def by_aiokpl_routed(keys: Sequence[str], events: Sequence[bytes], limit: int, shards: ShardMap) -> Packed:
    batches: dict[int | None, AggregatedBatch] = {}
    for key, event in zip(keys, events, strict=True):
        hash_key = md5_hash_key(key)
        shard = shards.predict(hash_key)
        batch = batches.get(shard) or batches.setdefault(shard, AggregatedBatch(shard))
        batch.add(_BufferedRecord(UserRecord(key, event), 0.0, hash_key))
        if batch.size >= limit:
            yield batch.to_blob(), batch.count
            del batches[shard]
    for batch in batches.values():
        yield batch.to_blob(), batch.count


def by_protobuf(keys: Sequence[str], events: Sequence[bytes], limit: int) -> Packed:
    """Its C code, with the least that a writer in Python needs around it; as full as ours."""
    message, numbers, size = AggregatedRecord(), dict[str, int](), _FRAME_BYTES
    for key, event in zip(keys, events, strict=True):
        number = numbers.get(key)
        added = len(event) + 8  # two lengths of two bytes: exact for events of 128 to 16,380 bytes and 128 keys
        added += 0 if number is not None else len(key) + 2
        if size + added > limit:
            yield sealed(message.SerializeToString()), len(message.records)
            message, numbers, size, number = AggregatedRecord(), {}, _FRAME_BYTES, None
            added = len(event) + 8 + len(key) + 2
        if number is None:
            number = numbers[key] = len(numbers)
            message.partition_key_table.append(key)
        message.records.add(partition_key_index=number, data=event)
        size += added
    yield sealed(message.SerializeToString()), len(message.records)


def lambda_records(encoded: Sequence[bytes]) -> list[dict[str, Any]]:
    """As Lambda hands them over."""
    rest = {"kinesisSchemaVersion": "1.0", "partitionKey": "a", "approximateArrivalTimestamp": 1_700_000_000.0}
    return [
        {"kinesis": {**rest, "sequenceNumber": str(number), "data": each.decode()}}
        for number, each in enumerate(encoded, 1)
    ]


def apart_by_aws_kinesis_agg(records: list[dict[str, Any]]) -> list[bytes]:
    """Its records hold base64 again."""
    return [base64.b64decode(record["kinesis"]["data"]) for record in deaggregate_records(records)]


def apart_by_aiokpl(encoded: Sequence[bytes]) -> list[bytes]:
    return [record.data for each in encoded for record in decode_aggregated(base64.b64decode(each))]


def aiokpl_shards(shards: Sequence[Shard]) -> ShardMap:
    answer = {
        "Shards": [
            {
                "ShardId": shard.id,
                "HashKeyRange": {"StartingHashKey": str(shard.first_hash), "EndingHashKey": str(shard.last_hash)},
            }
            for shard in shards
        ]
    }

    async def list_shards(**_given: object) -> dict[str, Any]:
        return answer

    async def ready() -> ShardMap:
        async with ShardMap("stream", list_shards) as found:
            await found.start()
            return found

    return asyncio.run(ready())
