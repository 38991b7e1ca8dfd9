"""Asynchronous invocations: what follows an attempt, what is told at the end, and that nothing is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract.errors import TransientError
from infra.local.functions import Answer
from infra.local.functions_async import AsyncInvocations
from infra.local.functions_queue import (
    GivenUp,
    Invocation,
    RetryPolicy,
    after,
    dead_letter_attributes,
    destination_record,
    read_policy,
    unsupported,
)

pytestmark = pytest.mark.unit

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:dead"
OK, FAILED = Answer(payload="done"), Answer(error="ValueError: x", payload={"errorMessage": "x"})
BUSY = Answer(error="Rate Exceeded", ran=False, throttled=True)
GONE = Answer(error="function f is not there", ran=False)


def invocation(**changes: Any) -> Invocation:
    return Invocation(**{"id": "i", "function_arn": ARN, "event": {"n": 1}, "accepted_at": 100.0, **changes})


def test_what_succeeded_is_over() -> None:
    assert after(invocation(), OK, RetryPolicy(), now=101.0) is None


def test_a_failure_is_tried_twice_again_then_given_up() -> None:
    first = after(invocation(), FAILED, RetryPolicy(), now=101.0)
    assert first == invocation(attempts=1, not_before=101.2)
    second = after(invocation(attempts=1), FAILED, RetryPolicy(), now=102.0)
    assert second == invocation(attempts=2, not_before=102.4)

    third = after(invocation(attempts=2), FAILED, RetryPolicy(), now=103.0)

    assert third == GivenUp(invocation=invocation(attempts=3), condition="RetriesExhausted", answer=FAILED)


def test_want_of_concurrency_uses_up_no_attempt_and_waits_longer_each_time() -> None:
    waits = []
    for refusals in (0, 1, 4, 5, 50):
        following = after(invocation(refusals=refusals), BUSY, RetryPolicy(maximum_retries=0), now=200.0)
        assert isinstance(following, Invocation)
        assert (following.attempts, following.refusals) == (0, refusals + 1)
        waits.append(round(following.not_before - 200.0, 3))

    assert waits == [0.1, 0.2, 1.6, 2.0, 2.0]


def test_an_event_that_would_be_too_old_is_given_up() -> None:
    following = after(invocation(), BUSY, RetryPolicy(maximum_age_seconds=60.0), now=160.0)

    assert isinstance(following, GivenUp)
    assert following.condition == "EventAgeExceeded"


def test_the_policy_is_read_from_the_function() -> None:
    config = {"DeadLetterConfig": {"TargetArn": QUEUE}}
    invoke = {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {"OnFailure": {"Destination": "d"}},
    }

    assert read_policy({}, {}) == RetryPolicy()
    assert read_policy({"event_invoke_configs": {"$LATEST": invoke}}, config) == RetryPolicy(
        maximum_retries=0, maximum_age_seconds=60.0, on_failure="d", dead_letter=QUEUE
    )


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({}, ""),
        ({"DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}}, ""),
        ({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}, "DestinationConfig.OnSuccess"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": ARN}}},
            f"an on-failure destination other than a queue or a topic ({ARN})",
        ),
    ],
)
def test_destinations_that_are_not_honoured_are_named(config: dict[str, Any], what: str) -> None:
    assert unsupported(config) == what


def test_a_destination_is_told_of_the_event_and_the_answer() -> None:
    given_up = GivenUp(invocation=invocation(attempts=3), condition="RetriesExhausted", answer=FAILED)

    assert json.loads(destination_record(given_up, now=1_700_000_000.5)) == {
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.500Z",
        "requestContext": {
            "requestId": "i",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "x"},
    }
    assert dead_letter_attributes(given_up) == {"RequestID": "i", "ErrorCode": "200", "ErrorMessage": "ValueError: x"}


@pytest.mark.parametrize(("answer", "code"), [(GONE, "404"), (BUSY, "429")])
def test_of_an_event_that_never_ran_no_response_is_told(answer: Answer, code: str) -> None:
    given_up = GivenUp(invocation=invocation(refusals=9), condition="EventAgeExceeded", answer=answer)
    told = json.loads(destination_record(given_up, now=1_700_000_000.5))

    assert (told["responseContext"], told["requestContext"]["approximateInvokeCount"]) == (None, 0)
    assert dead_letter_attributes(given_up)["ErrorCode"] == code


class World:
    """A function that answers by its script and a queue that may refuse; time is real."""

    def __init__(self, *answers: Answer, policy: RetryPolicy | None = None, refusals: int = 0) -> None:
        self.answers, self.refusals = list(answers), refusals
        self.events: list[Any] = []
        self.sent: list[tuple[str, str]] = []
        self.queue = AsyncInvocations(
            functions=self,
            policy=lambda _: policy or RetryPolicy(),
            destinations=self,
            clock=time.time,
            new_id=lambda: f"id-{len(self.events)}",
        )

    def invoke(self, function_arn: str, event: Any) -> Answer:
        self.events.append((function_arn, event))
        answer = self.answers.pop(0) if self.answers else OK
        if answer.error == "bug":
            raise KeyError("bug")
        return answer

    def send_message(self, queue_arn: str, body: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        if self.refusals:
            self.refusals -= 1
            raise TransientError("busy")
        if not queue_arn.startswith("arn:"):
            raise ValueError(f"{queue_arn} is no ARN")
        self.sent.append((queue_arn, body))

    def put_object(self, bucket_arn: str, key: str, body: bytes) -> None:
        raise AssertionError(f"no object is expected: {bucket_arn} {key} {body!r}")

    def through(self) -> None:
        wait(self.queue.idle)


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def worlds() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(*answers: Answer, **options: Any) -> World:
        made.append(World(*answers, **options))
        return made[-1]

    yield make
    for world in made:
        world.queue.close()


def test_an_accepted_event_is_called_in_the_background(worlds: Callable[..., World]) -> None:
    world = worlds(FAILED)
    world.queue.begin()

    world.queue.submit(ARN, {"n": 1})
    world.through()

    assert world.events == [(ARN, {"n": 1})] * 2
    assert world.queue.health() == {"accepted": 1, "succeeded": 1, "given_up": 0, "waiting": 0, "last_given_up": []}


def test_a_given_up_event_is_told_even_if_the_queue_is_busy_at_first(worlds: Callable[..., World]) -> None:
    world = worlds(FAILED, policy=RetryPolicy(maximum_retries=0, dead_letter=QUEUE), refusals=1)
    world.queue.begin()

    world.queue.submit(ARN, {"n": 1})
    world.through()

    assert world.sent == [(QUEUE, '{"n": 1}')]
    assert world.queue.last_given_up(1) == [f"{ARN}: RetriesExhausted: ValueError: x"]


def test_where_an_event_could_not_be_told_is_said_with_the_event(worlds: Callable[..., World]) -> None:
    policy = RetryPolicy(maximum_retries=0, on_failure="nowhere", dead_letter=QUEUE)
    world = worlds(FAILED, policy=policy)
    world.queue.begin()

    world.queue.submit(ARN, {"n": 1})
    world.through()

    assert world.sent == [(QUEUE, '{"n": 1}')]
    assert world.queue.last_given_up(1) == [
        f"{ARN}: RetriesExhausted: ValueError: x; not told: ValueError: nowhere is no ARN"
    ]
    assert world.queue.counts == {"accepted": 1, "succeeded": 0, "given_up": 1}


def test_an_exception_of_ours_is_a_failed_attempt(worlds: Callable[..., World]) -> None:
    world = worlds(Answer(error="bug"), policy=RetryPolicy(maximum_retries=0))
    world.queue.begin()

    world.queue.submit(ARN, {})
    world.through()

    assert world.queue.last_given_up(1) == [f"{ARN}: RetriesExhausted: KeyError: 'bug'"]


def test_what_was_not_answered_before_a_stop_is_answered_after_it(worlds: Callable[..., World]) -> None:
    stopped, restarted = worlds(), worlds()
    stopped.queue.submit(ARN, {"n": 1})
    stopped.queue.close()

    restarted.queue.restore(json.loads(json.dumps(stopped.queue.unanswered())))
    restarted.queue.begin()
    restarted.through()

    assert restarted.events == [(ARN, {"n": 1})]
    assert not stopped.queue.idle()
