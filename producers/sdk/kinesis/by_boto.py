"""The Kinesis side of `producers.sdk.stream.Stream`, by boto3."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from producers.sdk.kinesis.errors import BOTOCORE_ERRORS, garbled, outcome, translated
from producers.sdk.kinesis.shards import open_shards
from producers.sdk.stream import Outcome, Record, Shard

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient


class BotoKinesis:
    """Puts records with PutRecords, one call a `put`; the service's errors come out as ours.

    `connect` makes the client: one at once, and another in each child that the process forks.
    """

    def __init__(self, connect: Callable[[], KinesisClient], name: str) -> None:
        self._connect = connect
        self._name = name
        self._client = connect()
        self._process = os.getpid()

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        if not records:  # Kinesis takes at least one
            return ()
        entries: Any = [_entry(record) for record in records]
        try:
            answers = self._own_client().put_records(StreamName=self._name, Records=entries).get("Records", ())
        except BOTOCORE_ERRORS as error:
            raise translated(self._name, error) from error
        if len(answers) != len(records):
            raise garbled(self._name)
        try:
            return [outcome(answer.get("ShardId"), answer.get("ErrorCode")) for answer in answers]
        except ValueError as error:
            raise garbled(self._name) from error

    def shards(self) -> Sequence[Shard]:
        return open_shards(self._name, self._list_shards)

    def _list_shards(self, fields: dict[str, Any]) -> Any:
        try:
            return self._own_client().list_shards(**fields)
        except BOTOCORE_ERRORS as error:
            raise translated(self._name, error) from error

    def _own_client(self) -> KinesisClient:
        if self._process != os.getpid():  # the connections of a forked child are its parent's
            self._client, self._process = self._connect(), os.getpid()
        return self._client


def kinesis_client() -> KinesisClient:
    """A client that leaves retries to the producer, which knows single records, and costs little a call."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, tcp_keepalive=True)
    return boto3.client("kinesis", config=config)


def _entry(record: Record) -> dict[str, Any]:
    entry = {"Data": record.data, "PartitionKey": record.key}
    return entry if record.hash_key is None else {**entry, "ExplicitHashKey": record.hash_key}
