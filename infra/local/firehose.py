"""Delivers what is in the Kinesis streams to S3, as the deployed delivery streams say."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ConfigurationError
from infra.local.checkpoints import Checkpoints
from infra.local.firehose_buffer import Buffer, DeliveredObject, StreamRecord
from infra.local.firehose_settings import DeliverySettings, read_delivery

_POLL_SECONDS: Final = 1.0
_RECORDS_A_CALL: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class FirehoseClients:
    """Makes the boto3 clients; called once the endpoint answers."""

    firehose: Callable[[], Any]
    kinesis: Callable[[], Any]
    s3: Callable[[], Any]


class StreamDelivery:
    """One delivery stream: reads its Kinesis stream, buffers, writes objects, then checkpoints."""

    def __init__(self, settings: DeliverySettings, *, kinesis: Any, s3: Any, checkpoints: Checkpoints) -> None:
        self.settings = settings
        self._kinesis, self._s3, self._checkpoints = kinesis, s3, checkpoints
        self._delivered = checkpoints.read(settings.name)
        self._iterators: dict[str, str] = {}
        self._buffer = Buffer(settings=settings)

    def poll(self, *, now: float, flush: bool) -> Iterator[DeliveredObject]:
        """Read every shard to its end; yields each object once it is written and remembered.

        Without `flush`, only what the buffering hints make due is written.
        """
        for shard in self._shards():
            for record in self._read(shard):
                self._buffer.add(record, now=now)
                if self._buffer.full:
                    yield from self._deliver()
        if self._buffer.due(now=now) or (flush and self._buffer.positions):
            yield from self._deliver()

    def _deliver(self) -> list[DeliveredObject]:
        objects = self._buffer.objects(new_id=lambda: str(uuid.uuid4()))
        for written in objects:
            self._s3.put_object(Bucket=self.settings.bucket, Key=written.key, Body=written.body)
        self._delivered |= self._buffer.positions
        self._checkpoints.write(self.settings.name, self._delivered)
        self._buffer = Buffer(settings=self.settings)
        return objects

    def _shards(self) -> list[str]:
        shards = self._kinesis.list_shards(StreamARN=self.settings.stream_arn)["Shards"]
        return [shard["ShardId"] for shard in shards]

    def _read(self, shard: str) -> Iterator[StreamRecord]:
        iterator = self._iterators.pop(shard, None) or self._iterator(shard)
        while True:
            try:
                answer = self._kinesis.get_records(ShardIterator=iterator, Limit=_RECORDS_A_CALL)
            except self._kinesis.exceptions.ExpiredIteratorException:
                iterator = self._iterator(shard)
                continue
            for record in answer["Records"]:
                yield StreamRecord(
                    shard=shard,
                    sequence_number=record["SequenceNumber"],
                    arrived_at=record["ApproximateArrivalTimestamp"].timestamp(),
                    data=record["Data"],
                )
            iterator = answer["NextShardIterator"]
            if not answer["Records"]:
                self._iterators[shard] = iterator
                return

    def _iterator(self, shard: str) -> str:
        after = self._buffer.positions.get(shard) or self._delivered.get(shard)
        if after is not None:
            start: dict[str, Any] = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
        else:
            start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": self.settings.starts_at}
        answer = self._kinesis.get_shard_iterator(StreamARN=self.settings.stream_arn, ShardId=shard, **start)
        return str(answer["ShardIterator"])


class FirehoseRunner:
    """Every delivery stream of the endpoint, in the background by the clock and at once when drained."""

    def __init__(self, *, clients: FirehoseClients, checkpoints: Checkpoints, timed: bool) -> None:
        self._clients, self._checkpoints, self._timed = clients, checkpoints, timed
        self._streams: dict[str, StreamDelivery] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="firehose-runner", daemon=True)
        self._totals = {"objects": 0, "records": 0, "error_objects": 0, "error_records": 0}
        self._error = ""

    def begin(self) -> None:
        """Deliver by the clock, where the settings say so."""
        if self._timed:
            self._thread.start()

    def close(self) -> None:
        """Stop; what is in the buffers is not remembered as delivered and is read again."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def drain(self) -> dict[str, int]:
        """Deliver everything that is in the streams; the counts of this drain.

        Raises `ConfigurationError` for a delivery stream that asks for what is not implemented.
        """
        with self._lock:
            before = dict(self._totals)
            self._deliver(flush=True)
            return {name: count - before[name] for name, count in self._totals.items()}

    def health(self) -> dict[str, Any]:
        """Totals since the start, and what last went wrong."""
        return {**self._totals, "error": self._error}

    def _deliver(self, *, flush: bool) -> None:
        for stream in self._discover():
            for written in stream.poll(now=time.time(), flush=flush):
                kind = "error_" if written.is_error else ""
                self._totals[f"{kind}objects"] += 1
                self._totals[f"{kind}records"] += written.records

    def _discover(self) -> list[StreamDelivery]:
        firehose = self._clients.firehose()
        names = firehose.list_delivery_streams(Limit=100)["DeliveryStreamNames"]
        for name in names:
            described = firehose.describe_delivery_stream(DeliveryStreamName=name)
            settings = read_delivery(described["DeliveryStreamDescription"])
            known = self._streams.get(name)
            if known is None or known.settings != settings:
                self._streams[name] = StreamDelivery(
                    settings,
                    kinesis=self._clients.kinesis(),
                    s3=self._clients.s3(),
                    checkpoints=self._checkpoints,
                )
        self._streams = {name: self._streams[name] for name in names}
        return list(self._streams.values())

    def _watch(self) -> None:
        while not self._stopped.wait(_POLL_SECONDS):
            try:
                with self._lock:
                    self._deliver(flush=False)
                self._error = ""
            except (BotoCoreError, ClientError, ConfigurationError) as error:
                self._error = str(error)  # shown by health; the next round tries again
