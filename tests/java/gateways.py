"""The Java classes behind the few calls that the tests make of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from contract.kpl import SubRecord
from infra.local.java import java_home
from producers.sdk.lanes.routing import HASHES
from tests.support.kpl_messages import Given

BUILD = Path(__file__).parents[2] / "build"


@contextmanager
def machine(jars: str) -> Iterator[Any]:
    """A Java machine with the jars of a folder of build/; ends with the block."""
    port, token = launch_gateway(
        classpath=str(BUILD / jars / "*"),
        die_on_exit=True,
        enable_auth=True,
        java_path=str(java_home(os.environ) / "bin" / "java"),
        redirect_stderr=subprocess.DEVNULL,
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
    try:
        yield gateway.jvm
    finally:
        gateway.shutdown()


def read_by_kcl_2(java: Any, key: str, data: bytes, first: int = 0, last: int = HASHES - 1) -> list[SubRecord]:
    """What a consumer of the shard with these hashes gets of the record."""
    client = java.software.amazon.kinesis.retrieval
    record = (
        client.KinesisClientRecord.builder()
        .data(java.java.nio.ByteBuffer.wrap(data))
        .partitionKey(key)
        .sequenceNumber("1")
        .approximateArrivalTimestamp(java.java.time.Instant.ofEpochSecond(0))
        .build()
    )
    integer = java.java.math.BigInteger
    found = client.AggregatorUtil().deaggregate(_list(java, record), integer(str(first)), integer(str(last)))
    return [SubRecord(r.partitionKey(), r.explicitHashKey(), _bytes(r.data())) for r in found]


def read_by_kcl_1(java: Any, key: str, data: bytes, first: int = 0, last: int = HASHES - 1) -> list[SubRecord]:
    """The same by the older library."""
    kinesis = java.com.amazonaws.services.kinesis
    record = kinesis.model.Record().withData(java.java.nio.ByteBuffer.wrap(data)).withPartitionKey(key)
    record = record.withSequenceNumber("1").withApproximateArrivalTimestamp(java.java.util.Date(0))
    integer, reader = java.java.math.BigInteger, kinesis.clientlibrary.types.UserRecord
    found = reader.deaggregate(_list(java, record), integer(str(first)), integer(str(last)))
    return [SubRecord(r.getPartitionKey(), r.getExplicitHashKey(), _bytes(r.getData())) for r in found]


def written_by_aggregator(java: Any, records: Sequence[Given]) -> bytes:
    aggregator = java.com.amazonaws.kinesis.agg.RecordAggregator()
    for key, data, hash_key in records:
        aggregator.addUserRecord(key, hash_key, data)
    return bytes(aggregator.clearAndGet().toRecordBytes())


def _list(java: Any, record: Any) -> Any:
    found = java.java.util.ArrayList()
    found.add(record)
    return found


def _bytes(buffer: Any) -> bytes:
    start = buffer.arrayOffset() + buffer.position()
    return bytes(buffer.array())[start : start + buffer.remaining()]
