"""The Kinesis side of `producers.sdk.stream.Stream`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from contract.errors import ClickstreamError, ConfigurationError, TransientError
from producers.sdk.stream import Outcome, Record, Refused, Shard

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

_PASSING = frozenset(
    {
        "InternalFailure",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)
_SERVER_ERROR = 500


class KinesisStream:
    """Puts records with PutRecords, one call a `put`; the service's errors come out as ours."""

    def __init__(self, client: KinesisClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        try:
            response = self._client.put_records(
                StreamName=self._name, Records=[{"Data": r.data, "PartitionKey": r.key} for r in records]
            )
        except (ClientError, BotoCoreError) as error:
            raise self._translated(error) from error
        return [
            Outcome(refused=Refused.THROTTLED) if answer.get("ErrorCode") else Outcome(answer["ShardId"])
            for answer in response["Records"]
        ]

    def shards(self) -> Sequence[Shard]:
        try:
            pages = list(self._client.get_paginator("list_shards").paginate(StreamName=self._name))
        except (ClientError, BotoCoreError) as error:
            raise self._translated(error) from error
        found = [shard for page in pages for shard in page["Shards"]]
        ranges = [
            Shard(s["ShardId"], int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]))
            for s in found
            if "EndingSequenceNumber" not in s["SequenceNumberRange"]
        ]
        return sorted(ranges, key=lambda shard: shard.first_hash)

    def _translated(self, error: ClientError | BotoCoreError) -> ClickstreamError:
        if isinstance(error, HTTPClientError | BotoConnectionError):  # refused, closed, timed out, no such host
            return TransientError(f"stream {self._name} cannot be reached: {error}")
        if isinstance(error, ClientError) and _is_passing(error):
            return TransientError(f"stream {self._name} is busy: {error}")
        return ConfigurationError(
            f"stream {self._name} refuses: {error}; check its name, the region, the credentials and their grants"
        )


def kinesis_client() -> KinesisClient:
    """A client that leaves retries to `BatchWriter`, which knows single records, and costs little a call."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False, tcp_keepalive=True)
    return boto3.client("kinesis", config=config)


def _is_passing(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"]["Code"] in _PASSING or status >= _SERVER_ERROR
