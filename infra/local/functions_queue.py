"""Lambda's asynchronous invocations, pure: when an event is tried again, and where it goes when it is given up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from infra.local.functions import Answer
from infra.local.stream_source_records import timestamp

DEFAULT_RETRIES: Final = 2
DEFAULT_AGE_SECONDS: Final = 6 * 3600.0
EXHAUSTED: Final = "RetriesExhausted"
TOO_OLD: Final = "EventAgeExceeded"
_MESSAGE_CHARS: Final = 1_000  # Lambda cuts the ErrorMessage attribute
# Lambda waits one minute, then two; while it has no concurrency, from one second to five minutes.
_RETRY_SECONDS: Final = (0.2, 0.4)
_BUSY_SECONDS: Final = (0.1, 2.0)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """An accepted event on its way to a function; times are epoch seconds."""

    id: str
    function_arn: str
    event: Any
    accepted_at: float
    attempts: int = 0
    refusals: int = 0  # attempts that did not run
    not_before: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How a function's failed events are tried again, and who is told at last; ARNs, or empty."""

    maximum_retries: int = DEFAULT_RETRIES
    maximum_age_seconds: float = DEFAULT_AGE_SECONDS
    on_failure: str = ""
    dead_letter: str = ""


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """The end of an invocation that never succeeded."""

    invocation: Invocation
    condition: str
    answer: Answer


def after(invocation: Invocation, answer: Answer, policy: RetryPolicy, *, now: float) -> Invocation | GivenUp | None:
    """What follows an attempt: None when it succeeded, else the next attempt or the end."""
    if answer.ran and not answer.error:
        return None
    if answer.ran:
        tried = replace(invocation, attempts=invocation.attempts + 1, refusals=0)
        if tried.attempts > policy.maximum_retries:
            return GivenUp(invocation=tried, condition=EXHAUSTED, answer=answer)
        wait = _RETRY_SECONDS[min(tried.attempts, len(_RETRY_SECONDS)) - 1]
    else:
        tried = replace(invocation, refusals=invocation.refusals + 1)
        wait = min(_BUSY_SECONDS[1], _BUSY_SECONDS[0] * 2 ** min(tried.refusals - 1, 30))
    if now + wait - invocation.accepted_at > policy.maximum_age_seconds:
        return GivenUp(invocation=tried, condition=TOO_OLD, answer=answer)
    return replace(tried, not_before=now + wait)


def read_policy(function: Mapping[str, Any], config: Mapping[str, Any]) -> RetryPolicy:
    """The policy of a function, by its event invoke config and its dead-letter queue."""
    invoke = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST") or {}
    failure = (invoke.get("DestinationConfig") or {}).get("OnFailure") or {}
    retries = invoke.get("MaximumRetryAttempts")
    return RetryPolicy(
        maximum_retries=DEFAULT_RETRIES if retries is None else int(retries),
        maximum_age_seconds=float(invoke.get("MaximumEventAgeInSeconds") or DEFAULT_AGE_SECONDS),
        on_failure=str(failure.get("Destination") or ""),
        dead_letter=str((config.get("DeadLetterConfig") or {}).get("TargetArn") or ""),
    )


def unsupported(config: Mapping[str, Any]) -> str:
    """What of an event invoke config's destinations is not honoured here; empty when all of it is."""
    destinations = config.get("DestinationConfig") or {}
    if (destinations.get("OnSuccess") or {}).get("Destination"):
        return "DestinationConfig.OnSuccess"
    arn = str((destinations.get("OnFailure") or {}).get("Destination") or "")
    if arn and arn.split(":")[2:3] not in (["sqs"], ["sns"]):
        return f"an on-failure destination other than a queue or a topic ({arn})"
    return ""


def destination_record(given_up: GivenUp, *, now: float) -> str:
    """What an on-failure destination is told."""
    invocation, answer = given_up.invocation, given_up.answer
    response = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"} if answer.ran else None
    document = {
        "version": "1.0",
        "timestamp": timestamp(now),
        "requestContext": {
            "requestId": invocation.id,
            "functionArn": f"{invocation.function_arn}:$LATEST",
            "condition": given_up.condition,
            "approximateInvokeCount": invocation.attempts,
        },
        "requestPayload": invocation.event,
        "responseContext": response,
        "responsePayload": answer.payload,
    }
    return json.dumps(document)


def dead_letter_attributes(given_up: GivenUp) -> dict[str, str]:
    """The attributes of the event in a function's dead-letter queue."""
    answer = given_up.answer
    code = "200" if answer.ran else "429" if answer.throttled else "404"
    error = answer.error[:_MESSAGE_CHARS]
    return {"RequestID": given_up.invocation.id, "ErrorCode": code, "ErrorMessage": error}
