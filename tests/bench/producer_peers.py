"""The peers of the producers' benchmark, each as its manual says, with its limits of a shard's rate lifted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import Any

import boto3
from aiobotocore.session import AioSession, get_session
from aiokpl import Config as KplConfig
from aiokpl import Producer as KplProducer
from aws_kinesis_agg.aggregator import RecordAggregator
from botocore.config import Config
from kinesis import Producer as AsyncProducer
from kinesis.processors import KPLStringProcessor, StringProcessor

from tests.bench.producer_work import AGGREGATE_BYTES, CALL_BYTES, CALL_RECORDS, KEY, REGION, Line, Work, batched, main

TASKS = 8
UNLIMITED = 10**12
CALL_AGGREGATES = CALL_BYTES // (AGGREGATE_BYTES + 256)


def _options(work: Work) -> dict[str, Any]:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
    return {"endpoint_url": work.url, "region_name": REGION, "config": Config(max_pool_connections=TASKS), **keys}


def _entries(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [{"Data": line.whole, "PartitionKey": line.key} for line in lines]


def boto3_threads(work: Work) -> None:
    client: Any = boto3.client("kinesis", **_options(work))

    def put(lines: Iterable[Line]) -> None:
        answer = client.put_records(StreamName="events", Records=_entries(lines))
        if answer["FailedRecordCount"]:
            raise AssertionError(answer)

    with ThreadPoolExecutor(TASKS) as threads:
        for _ in threads.map(put, batched(work.warm(), CALL_RECORDS)):
            continue
        with work.measured:
            for _ in threads.map(put, batched(work.all(), CALL_RECORDS)):
                continue


def aws_kinesis_agg(work: Work) -> None:
    """Its aggregates by boto3, as many in a call as Kinesis takes, one call after another."""
    client: Any = boto3.client("kinesis", **_options(work))

    def send(lines: Iterable[Line]) -> None:
        for entries in batched(_aggregates(lines), CALL_AGGREGATES):
            client.put_records(StreamName="events", Records=entries)

    send(work.warm())
    with work.measured:
        send(work.all())


def aws_kinesis_agg_threads(work: Work) -> None:
    """The same, while two threads call: more than its manual says, and its best."""
    client: Any = boto3.client("kinesis", **_options(work))
    room = Semaphore(4)

    def put(entries: list[dict[str, Any]]) -> None:
        try:
            client.put_records(StreamName="events", Records=entries)
        finally:
            room.release()

    def send(lines: Iterable[Line], threads: ThreadPoolExecutor) -> None:
        calls = []
        for entries in batched(_aggregates(lines), CALL_AGGREGATES):
            room.acquire()
            calls.append(threads.submit(put, entries))
        for call in calls:
            call.result()

    with ThreadPoolExecutor(2) as threads:
        send(work.warm(), threads)
        with work.measured:
            send(work.all(), threads)


def _aggregates(lines: Iterable[Line]) -> Iterator[dict[str, Any]]:
    aggregator = RecordAggregator(AGGREGATE_BYTES)
    for line in lines:
        full = aggregator.add_user_record(line.key, line.whole)
        if full:
            yield _entry(full)
    last = aggregator.clear_and_get()
    if last:
        yield _entry(last)


def _entry(aggregate: Any) -> dict[str, Any]:
    key, _, data = aggregate.get_contents()  # without hash keys of ours, it says none
    return {"Data": bytes(data), "PartitionKey": key}


def aiobotocore_tasks(work: Work) -> None:
    async def run() -> None:
        async with get_session().create_client("kinesis", **_options(work)) as client:

            async def put(calls: Iterator[list[Line]]) -> None:
                for lines in calls:
                    await client.put_records(StreamName="events", Records=_entries(lines))

            async def send(lines: Iterator[Line]) -> None:
                calls = batched(lines, CALL_RECORDS)
                await asyncio.gather(*(put(calls) for _ in range(TASKS)))

            await send(work.warm())
            with work.measured:
                await send(work.all())

    asyncio.run(run())


def async_kinesis(work: Work) -> None:
    """A record an event."""
    asyncio.run(_async_kinesis(work, StringProcessor(), keyed=True))


def async_kinesis_kpl(work: Work) -> None:
    """Its KPL mode takes no partition keys."""
    asyncio.run(_async_kinesis(work, KPLStringProcessor(max_size=AGGREGATE_BYTES), keyed=False))


async def _async_kinesis(work: Work, processor: Any, *, keyed: bool) -> None:
    session = AioSession()
    session.set_credentials(KEY, KEY)
    async with AsyncProducer(
        "events",
        session=session,
        endpoint_url=work.url,
        region_name=REGION,
        processor=processor,
        put_rate_limit_per_shard=UNLIMITED,
        put_bandwidth_limit_per_shard=UNLIMITED,
    ) as producer:

        async def send(lines: Iterable[tuple[str | None, str]]) -> None:
            for key, text in lines:
                await producer.put(text, partition_key=key)
            await producer.flush()

        def texts(lines: Iterable[Line]) -> Iterator[tuple[str | None, str]]:
            return ((line.key if keyed else None, line.whole.decode()) for line in lines)

        await send(texts(work.warm()))
        with work.measured:
            await send(texts(work.all()))


def aiokpl(work: Work) -> None:
    async def run() -> None:
        config = KplConfig(
            region=REGION,
            endpoint_url=work.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
            rate_limit_records_per_sec_per_shard=UNLIMITED,
            rate_limit_bytes_per_sec_per_shard=UNLIMITED,
        )
        async with KplProducer(config) as producer:

            async def send(lines: Iterable[Line]) -> None:
                put = [
                    await producer.put_record(stream="events", partition_key=line.key, data=line.whole)
                    for line in lines
                ]
                await producer.flush()
                for outcome in put:
                    result = await outcome.wait()
                    if not result.success:
                        raise AssertionError(result)

            await send(work.warm())
            with work.measured:
                await send(work.all())

    asyncio.run(run())


if __name__ == "__main__":
    main(
        {
            "boto3": boto3_threads,
            "aiobotocore": aiobotocore_tasks,
            "aws_kinesis_agg": aws_kinesis_agg,
            "aws_kinesis_agg x 2": aws_kinesis_agg_threads,
            "async-kinesis": async_kinesis,
            "async-kinesis KPL": async_kinesis_kpl,
            "aiokpl": aiokpl,
        }
    )
