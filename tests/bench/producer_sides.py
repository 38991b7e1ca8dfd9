"""Our sides of the producers' benchmark: the producer by each transport, and what bounds it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import botocore.session

from contract.codec import Event, Plausible, decode
from contract.events import EARLIEST
from contract.kpl_write import pack
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.kinesis.wire import JsonWire
from producers.sdk.lanes.routing import ShardMap
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Outcome, Record, Shard
from tests.bench.producer_work import (
    AGGREGATE_BYTES,
    CALL_BYTES,
    KEY,
    REGION,
    Line,
    Side,
    Work,
    batched,
    main,
)

PRODUCER_ID = "web-7f3a91c2d04"
# What is held fits into the processor's cache; the default holds four times as much for a stream that pauses.
SETTINGS = ProducerSettings(aggregate_bytes=AGGREGATE_BYTES, memory_bytes=16 * 1024 * 1024)


def _stream(work: Work, *, cbor: bool = False) -> SignedKinesis:
    session = botocore.session.Session()
    session.set_config_variable("region", REGION)
    session.set_credentials(KEY, KEY)
    return SignedKinesis.of_session(
        session, "events", connections=SETTINGS.senders, clock=SystemClock(), endpoint_url=work.url, cbor=cbor
    )


def _producer(stream: Any) -> EventProducer:
    return EventProducer(stream, clock=SystemClock(), producer_id=PRODUCER_ID, settings=SETTINGS)


def _send_raw(*, cbor: bool) -> Side:
    def side(work: Work) -> None:
        with _producer(_stream(work, cbor=cbor)) as producer:
            for key, bare, _ in work.warm():
                producer.send_raw(key, bare)
            producer.flush()
            with work.measured:
                for key, bare, _ in work.all():
                    producer.send_raw(key, bare)
                producer.flush()

    return side


def send_raw_many(work: Work) -> None:
    """A hundred lines at a time."""
    with _producer(_stream(work)) as producer:
        for lines in batched(work.warm(), 100):
            producer.send_raw_many([(line.key, line.bare) for line in lines])
        producer.flush()
        with work.measured:
            for lines in batched(work.all(), 100):
                producer.send_raw_many([(line.key, line.bare) for line in lines])
            producer.flush()


def send(work: Work) -> None:
    """Events that are judged by the contract and encoded."""
    events = [_event(line) for line in work.lines]
    with _producer(_stream(work)) as producer:
        for event in events[:1_000]:
            producer.send(event)
        producer.flush()
        with work.measured:
            for at in range(work.events):
                producer.send(events[at % len(events)])
            producer.flush()


def _event(line: Line) -> Event:
    return decode(line.bare, Plausible(EARLIEST, SystemClock().now()))


class _Kept:
    """A stream of four shards that remembers how long its records were."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards, self._map = shards, ShardMap(shards)
        self.sizes: list[list[int]] = [[] for _ in shards]

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        lanes = [self._map.lane(record.key.encode()) for record in records]
        for record, lane in zip(records, lanes, strict=True):
            self.sizes[lane].append(len(record.data))
        return [Outcome(self._shards[lane].id) for lane in lanes]

    def shards(self) -> Sequence[Shard]:
        return self._shards


def packing(work: Work) -> Mapping[str, Any]:
    """Per cent of their limit: records that could not have taken one event more, and all but each shard's last."""
    kept = _Kept(_stream(work).shards())
    with _producer(kept) as producer:
        for key, bare, _ in work.warm():
            producer.send_raw(key, bare)
        producer.flush()
        kept.sizes = [[] for _ in kept.sizes]
        with work.measured:
            for key, bare, _ in work.all():
                producer.send_raw(key, bare)
            producer.flush()
    found = [size for sizes in kept.sizes for size in sizes[:-1]]
    shortest = min(len(line.whole) + len(line.key) for line in work.lines)
    full = [size for size in found if size + shortest > AGGREGATE_BYTES]
    return {"packing": _per_cent(full), "packing of all": _per_cent(found)}


def _per_cent(sizes: Sequence[int]) -> float:
    return 100 * sum(sizes) / len(sizes) / AGGREGATE_BYTES


def calls_alone(work: Work) -> None:
    """Routed, packed, signed and put by one thread, without a producer: nothing is kept, retried or acknowledged."""
    stream = _stream(work)
    shards = ShardMap(stream.shards())

    def put(lines: Iterable[Line]) -> None:
        for call in batched(lines, CALL_BYTES // 372):
            lanes: list[tuple[list[bytes], list[bytes]]] = [([], []) for _ in shards.shards]
            for key, _, whole in call:
                keys, data = lanes[shards.lane(key.encode())]
                keys.append(key.encode())
                data.append(whole)
            records = []
            for keys, data in lanes:
                at = 0
                for packed, count in pack(keys, data, AGGREGATE_BYTES):
                    records.append(Record(keys[at].decode(), packed))
                    at += count
            stream.put(records)

    put(work.warm())
    with work.measured:
        put(work.all())


def sink_alone(work: Work) -> Mapping[str, Any]:
    """The same call again and again by two connections: how much the sink takes."""
    lines = list(work.all())
    packed = list(pack([b"a"] * len(lines), [line.whole for line in lines], AGGREGATE_BYTES))
    packed = packed[: CALL_BYTES // (AGGREGATE_BYTES + 256)]
    body = JsonWire().put_records("events", [Record(lines[0].key, data) for data, _ in packed])
    calls = max(1, len(lines) // sum(count for _, count in packed) // 2)
    threads = [Thread(target=_call, args=(work.url, body, calls)) for _ in range(2)]
    with work.measured:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"events": 2 * calls * sum(count for _, count in packed)}


def _call(url: str, body: bytes, times: int) -> None:
    target, kind = "Kinesis_20131202.PutRecords", JsonWire.content_type
    head = f"POST / HTTP/1.1\r\nx-amz-target: {target}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(url).port)) as connection:
        for _ in range(times):
            connection.sendall(head.encode())
            connection.sendall(body)
            answer = b""
            while not answer.endswith(b"]}"):
                answer += connection.recv(1 << 16)


if __name__ == "__main__":
    main(
        {
            "send_raw": _send_raw(cbor=False),
            "send_raw, CBOR": _send_raw(cbor=True),
            "send_raw_many": send_raw_many,
            "send": send,
            "packing": packing,
            "calls alone": calls_alone,
            "sink alone": sink_alone,
        }
    )
