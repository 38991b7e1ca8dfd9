"""How Kinesis' answers become ours, with a client that answers as it is told."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_kinesis import KinesisClient

from contract.errors import ConfigurationError, TransientError
from producers.sdk.kinesis import KinesisStream
from producers.sdk.stream import Outcome, Record, Refused

pytestmark = pytest.mark.unit

RECORDS = [Record("u-1", b"1\n"), Record("u-2", b"2\n"), Record("u-3", b"3\n")]


class Client:
    """Answers PutRecords once, with a response or an error."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer
        self.asked: list[dict[str, Any]] = []

    def put_records(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def stream(client: Client) -> KinesisStream:
    return KinesisStream(cast("KinesisClient", client), "events")


def refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutRecords")


def test_only_the_records_that_were_refused_come_back() -> None:
    taken, throttled = (
        {"SequenceNumber": "1", "ShardId": "s-1"},
        {"ErrorCode": "ProvisionedThroughputExceededException"},
    )
    client = Client({"FailedRecordCount": 2, "Records": [throttled, taken, {"ErrorCode": "InternalFailure"}]})

    refused = Outcome(refused=Refused.THROTTLED)
    assert stream(client).put(RECORDS) == [refused, Outcome("s-1"), refused]
    assert client.asked == [
        {"StreamName": "events", "Records": [{"Data": r.data, "PartitionKey": r.key} for r in RECORDS]}
    ]


@pytest.mark.parametrize(
    "error",
    [refusal("ProvisionedThroughputExceededException"), refusal("KMSThrottlingException"), refusal("Odd", 503)],
    ids=str,
)
def test_a_busy_service_is_worth_another_attempt(error: ClientError) -> None:
    with pytest.raises(TransientError, match="busy"):
        stream(Client(error)).put(RECORDS)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "KMSDisabledException"])
def test_what_no_repetition_helps_stops_the_producer(code: str) -> None:
    with pytest.raises(ConfigurationError, match="check its name"):
        stream(Client(refusal(code))).put(RECORDS)
