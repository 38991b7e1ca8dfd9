"""What Lambda reads from an answer, and the documents it writes about a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.errors import TransientError
from infra.local.functions import Answer
from infra.local.stream_source_lane import Discard, Invoke
from infra.local.stream_source_records import Batch
from infra.local.stream_source_response import Failed, FailedFrom, NotInvoked, Outcome, Succeeded, read_response
from infra.local.stream_source_settings import SourceSettings
from infra.local.stream_source_shard import StepRunner
from tests.support.stream_sources import FUNCTION, STREAM, record, settings

pytestmark = pytest.mark.unit

NOW = 1_700_000_000.5
QUEUE, BUCKET = "arn:aws:sqs:us-east-1:000000000000:failed", "arn:aws:s3:::failed"


class FakeFunctions:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.events: list[tuple[str, Any]] = []

    def invoke(self, function_arn: str, event: Any) -> Answer:
        self.events.append((function_arn, event))
        return self.answer


class FakeDestinations:
    def __init__(self, *, refuses: bool = False) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self._refuses = refuses

    def send_message(self, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
        self._take(queue_arn, "", {**json.loads(body), **attributes})

    def put_object(self, bucket_arn: str, key: str, body: bytes) -> None:
        self._take(bucket_arn, key, json.loads(body))

    def _take(self, arn: str, key: str, document: Any) -> None:
        if self._refuses:
            raise TransientError("SlowDown")
        self.sent.append((arn, key, document))


def runner(
    answer: Answer | None = None, *, refuses: bool = False
) -> tuple[StepRunner, FakeFunctions, FakeDestinations]:
    functions, destinations = FakeFunctions(answer or Answer()), FakeDestinations(refuses=refuses)
    steps = StepRunner(functions=functions, destinations=destinations, clock=lambda: NOW, new_id=lambda: "an-id")
    return steps, functions, destinations


def how(on_failure: str = "") -> SourceSettings:
    return SourceSettings(
        uuid="mapping", function_arn=FUNCTION, stream_arn=STREAM, reports_failures=True, on_failure=on_failure
    )


def batch(*numbers: int, invocations: int = 0) -> Batch:
    return Batch(records=tuple(record(n, arrived_at=NOW - 2 + n) for n in numbers), invocations=invocations)


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        (None, Succeeded()),
        ("", Succeeded()),
        ({}, Succeeded()),
        ({"batchItemFailures": []}, Succeeded()),
        ({"batchItemFailures": None}, Succeeded()),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, FailedFrom(sequence_number="2")),
        (
            {"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]},
            FailedFrom(sequence_number="2"),
        ),
        (
            {"batchItemFailures": [{"itemIdentifier": ""}]},
            Failed(error="batchItemFailures names what was not in the batch"),
        ),
        (
            {"batchItemFailures": [{"itemIdentifier": None}]},
            Failed(error="batchItemFailures names what was not in the batch"),
        ),
        ({"batchItemFailures": [{"badKey": "2"}]}, Failed(error="batchItemFailures names what was not in the batch")),
        (
            {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "9"}]},
            Failed(error="batchItemFailures names what was not in the batch"),
        ),
        ({"batchItemFailures": ["2"]}, Failed(error="batchItemFailures names what was not in the batch")),
        ({"batchItemFailures": "2"}, Failed(error="the answer has no list of batchItemFailures")),
        ("done", Failed(error="the answer has no list of batchItemFailures")),
        (7, Failed(error="the answer has no list of batchItemFailures")),
    ],
)
def test_an_answer_says_what_is_done(payload: Any, outcome: Outcome) -> None:
    assert read_response(payload, sequence_numbers=["1", "2", "3"]) == outcome


def test_the_answer_counts_only_where_the_mapping_says_so() -> None:
    report = {"batchItemFailures": [{"itemIdentifier": "00001"}]}
    steps, _, _ = runner(Answer(payload=report))
    silent = SourceSettings(uuid="mapping", function_arn=FUNCTION, stream_arn=STREAM)

    assert steps.run(Invoke(batch=batch(0, 1)), how()) == FailedFrom(sequence_number="00001")
    assert steps.run(Invoke(batch=batch(0, 1)), silent) == Succeeded()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(error="ValueError: x"), Failed(error="ValueError: x")),
        (Answer(error="x" * 9_999), Failed(error="x" * 500)),
        (Answer(error="Rate Exceeded", ran=False, throttled=True), NotInvoked(error="Rate Exceeded", busy=True)),
        (Answer(error="not there", ran=False), NotInvoked(error="not there")),
    ],
)
def test_an_error_is_never_success(answer: Answer, outcome: Outcome) -> None:
    steps, functions, _ = runner(answer)

    assert steps.run(Invoke(batch=batch(0)), how()) == outcome
    assert [arn for arn, _ in functions.events] == [FUNCTION]


def test_a_queue_is_told_about_the_batch_and_not_what_was_in_it() -> None:
    steps, _, destinations = runner()

    outcome = steps.run(Discard(batch=batch(0, 1, invocations=3), condition="RetryAttemptsExhausted"), how(QUEUE))

    [(arn, _, document)] = destinations.sent
    assert (outcome, arn) == (Succeeded(), QUEUE)
    assert document == {
        "requestContext": {
            "requestId": "an-id",
            "functionArn": FUNCTION,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.500Z",
        "KinesisBatchInfo": {
            "shardId": "shard-0",
            "startSequenceNumber": "00000",
            "endSequenceNumber": "00001",
            "approximateArrivalOfFirstRecord": "2023-11-14T22:13:18.500Z",
            "approximateArrivalOfLastRecord": "2023-11-14T22:13:19.500Z",
            "batchSize": 2,
            "streamArn": STREAM,
        },
    }


def test_a_bucket_gets_the_whole_invocation_by_lambdas_key() -> None:
    steps, functions, destinations = runner()
    steps.run(Invoke(batch=batch(0)), how())

    steps.run(Discard(batch=batch(0), condition="RecordAgeExceeded"), how(BUCKET))

    [(arn, key, document)] = destinations.sent
    [(_, event)] = functions.events
    assert (arn, key) == (BUCKET, "aws/lambda/mapping/shard-0/2023/11/14/2023-11-14T22.13.20-an-id")
    assert json.loads(document["payload"]) == event
    assert document["responseContext"] is None  # it was never called


def test_a_destination_that_refuses_is_asked_again_and_none_is_no_trouble() -> None:
    discard = Discard(batch=batch(0), condition="RetryAttemptsExhausted")
    steps, _, _ = runner(refuses=True)

    assert steps.run(discard, how(BUCKET)) == NotInvoked(error="SlowDown")
    assert steps.run(discard, settings()) == Succeeded()
