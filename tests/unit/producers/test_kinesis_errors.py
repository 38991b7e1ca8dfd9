"""What the answers of Kinesis and botocore's errors mean, to a transport with a client that answers as it is told."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from mypy_boto3_kinesis import KinesisClient

from contract.errors import ConfigurationError, TransientError
from producers.sdk.kinesis.by_boto import BotoKinesis
from producers.sdk.stream import Outcome, Record, Refused, Shard

pytestmark = pytest.mark.unit

RECORDS = [Record("u-1", b"1\n"), Record("u-2", b"2\n", "7"), Record("u-3", b"3\n")]
THROTTLED, FAILED = Outcome(refused=Refused.THROTTLED), Outcome(refused=Refused.FAILED)
TAKEN = {"SequenceNumber": "1", "ShardId": "s-1"}


class Client:
    """Answers everything with a response or an error."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = answers
        self.asked: list[dict[str, Any]] = []

    def put_records(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if isinstance(self._answers[0], Exception):
            raise self._answers[0]
        return self._answers[0]

    def list_shards(self, **request: Any) -> dict[str, Any]:
        """Its answers are pages."""
        answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer


def stream(client: Client) -> BotoKinesis:
    return BotoKinesis(lambda: cast("KinesisClient", client), "events")


def refusal(code: str, status: int = 400, message: str = "") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutRecords")


def shard(name: str, first: int, last: int, **sequence: str) -> dict[str, Any]:
    hashes = {"StartingHashKey": str(first), "EndingHashKey": str(last)}
    return {"ShardId": name, "HashKeyRange": hashes, "SequenceNumberRange": {"StartingSequenceNumber": "1", **sequence}}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ProvisionedThroughputExceededException", THROTTLED),
        ("KMSThrottlingException", THROTTLED),
        ("RequestLimitExceeded", THROTTLED),
        ("LimitExceededException", THROTTLED),
        ("InternalFailure", FAILED),
        ("ACodeOfTomorrow", FAILED),
    ],
)
def test_each_record_has_its_outcome_and_an_unknown_code_is_a_failure(code: str, expected: Outcome) -> None:
    client = Client({"FailedRecordCount": 2, "Records": [{"ErrorCode": code}, TAKEN, {"ErrorCode": code}]})

    assert stream(client).put(RECORDS) == [expected, Outcome("s-1"), expected]
    assert client.asked == [
        {
            "StreamName": "events",
            "Records": [
                {"Data": b"1\n", "PartitionKey": "u-1"},
                {"Data": b"2\n", "PartitionKey": "u-2", "ExplicitHashKey": "7"},
                {"Data": b"3\n", "PartitionKey": "u-3"},
            ],
        }
    ]


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("KMSThrottlingException"),
        refusal("Odd", 503),
        refusal("ResourceNotFoundException", 500),
        refusal("ACodeOfTomorrow"),
        refusal("ExpiredTokenException"),
        refusal("ExpiredToken", 403),
        refusal("RequestExpired"),
        refusal("InvalidSignatureException", message="Signature expired: 20261123T1 is now earlier than 20261123T2"),
        refusal("InvalidSignatureException", message="Signature not yet current: 20261123T3 is still later"),
        EndpointConnectionError(endpoint_url="http://x"),
        ConnectTimeoutError(endpoint_url="http://x"),
        ReadTimeoutError(endpoint_url="http://x"),
        CredentialRetrievalError(provider="process", error_msg="exit 1"),
        RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
        ResponseParserError("no JSON"),
    ],
    ids=str,
)
def test_what_may_pass_is_worth_another_attempt(error: Exception) -> None:
    for call in (lambda: stream(Client(error)).put(RECORDS), lambda: stream(Client(error)).shards()):
        with pytest.raises(TransientError, match="stream events"):
            call()


@pytest.mark.parametrize(
    "error",
    [
        refusal("ResourceNotFoundException"),
        refusal("AccessDeniedException"),
        refusal("UnrecognizedClientException"),
        refusal("KMSDisabledException"),
        refusal("ValidationException"),
        refusal("InvalidSignatureException", message="The request signature we calculated does not match"),
        NoCredentialsError(),
    ],
    ids=str,
)
def test_what_no_repetition_helps_stops_the_producer(error: Exception) -> None:
    for call in (lambda: stream(Client(error)).put(RECORDS), lambda: stream(Client(error)).shards()):
        with pytest.raises(ConfigurationError, match="check its name"):
            call()


def test_a_refusal_that_may_quote_a_partition_key_is_told_without_it() -> None:
    message = "Value 'a-user' at 'records.1.member.partitionKey' failed to satisfy constraint"

    with pytest.raises(ConfigurationError) as caught:
        stream(Client(refusal("ValidationException", message=message))).put(RECORDS)

    assert str(caught.value) == (
        "stream events refuses: ValidationException (400); check its name, the region, the credentials and their grants"
    )


@pytest.mark.parametrize("records", [[], [TAKEN] * 2, [TAKEN] * 4, [TAKEN, {}, TAKEN]], ids=len)
def test_an_answer_without_an_outcome_for_each_record_does_not_tell_what_was_written(records: list[Any]) -> None:
    with pytest.raises(TransientError, match="does not tell what was written"):
        stream(Client({"FailedRecordCount": 0, "Records": records})).put(RECORDS)


def test_an_answer_without_records_does_not_tell_what_was_written() -> None:
    with pytest.raises(TransientError, match="does not tell what was written"):
        stream(Client({})).put(RECORDS)


def test_open_shards_of_all_pages_are_listed_in_the_order_of_their_hashes() -> None:
    closed = shard("s-0", 0, 2**128 - 1, EndingSequenceNumber="9")
    first = {"Shards": [closed, shard("s-2", 2**127, 2**128 - 1)], "NextToken": "more"}
    client = Client(first, {"Shards": [shard("s-1", 0, 2**127 - 1)]})

    assert stream(client).shards() == [Shard("s-1", 0, 2**127 - 1), Shard("s-2", 2**127, 2**128 - 1)]
    assert client.asked == [{"StreamName": "events"}, {"NextToken": "more"}]  # both at once is refused


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"Shards": [{}]},
        {"Shards": [shard("s", 0, 1) | {"HashKeyRange": 3}]},
        {"Shards": [], "NextToken": "always the same"},
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_is_asked_for_again(page: dict[str, Any]) -> None:
    with pytest.raises(TransientError):
        stream(Client(page)).shards()


def test_a_forked_child_makes_a_client_of_its_own() -> None:
    made: list[int] = []

    def connect() -> KinesisClient:
        made.append(os.getpid())
        return cast("KinesisClient", Client({"Records": [TAKEN]}))

    forked = BotoKinesis(connect, "events")
    child = os.fork()
    if not child:
        forked.put(RECORDS[:1])
        forked.put(RECORDS[:1])
        os._exit(0 if made[1:] == [os.getpid()] else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert made == [os.getpid()]
