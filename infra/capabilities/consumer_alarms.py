"""Alarms for the functions, their queues and tables, and for the ledger that says whether all is well."""

from collections.abc import Iterator, Mapping
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb

from infra.capabilities.alarms import Alarm, Alarms, metric
from infra.capabilities.foundation import Foundation
from infra.capabilities.function_grants import METRICS_NAMESPACE
from infra.capabilities.function_spec import TableName
from infra.capabilities.functions import Function
from infra.config import Config

STEADY: Final = 3
"""Periods of five minutes in a row: what comes and goes is retried by itself."""

BEHIND_MS: Final = 5 * 60_000
WAITING_SECONDS: Final = 15 * 60
THROTTLED_CALLS: Final = 100
QUARANTINED_LINES: Final = 100
UNANSWERED_REQUESTS: Final = 100
SILENT_HOURS: Final = 3
AUDIT: Final = "audit"


def watch_consumers(alarms: Alarms, functions: Mapping[str, Function], base: Foundation) -> None:
    """Every alarm of this file for what is deployed."""
    for function in functions.values():
        _watch_function(alarms, function)
        if function.spec.source is not None and function.spec.source.stream is not None:
            _watch_lines(alarms, function, base.config)
    _watch_tables(alarms, base.tables)
    if AUDIT in functions:
        _watch_ledger(alarms, base.config)


def _watch_function(alarms: Alarms, function: Function) -> None:
    """Errors and throttles that stay; what it could not handle; its stream or queue left waiting."""
    for alarm in _of_function(function):
        alarms.add(alarm)
    if function.api is not None:
        alarms.add(
            Alarm(
                name=f"{function.spec.name}-unanswered",
                why=f"{function.name} answers with errors, or not at all; senders try again, for as long as they can.",
                metric=metric("AWS/ApiGateway", "5xx", "Sum", {"ApiId": function.api.resource.ref}),
                above=UNANSWERED_REQUESTS,
            )
        )
    if function.failed is not None:
        alarms.watch_dead_letters(
            f"{function.spec.name}-failed",
            function.failed,
            why=f"{function.name} gave up on something; look into the queue, mend, then redrive it.",
        )


def _watch_lines(alarms: Alarms, function: Function, config: Config) -> None:
    """What the consumer counts itself: lines it could not use, calls that Personalize refused for now."""
    ours = {"Function": function.name, "Stage": config.stage}
    alarms.add(
        Alarm(
            name="put-events-throttled",
            why="Personalize refuses PutEvents for their rate: raise the quota, or lower put_events_quota.",
            metric=metric(METRICS_NAMESPACE, "put_events_throttles", "Sum", ours),
            above=THROTTLED_CALLS,
            periods=STEADY,
        )
    )
    alarms.add(
        Alarm(
            name="lines-quarantined",
            why="A producer sends what the contract refuses: `clickstream quarantine list` says what.",
            metric=metric(METRICS_NAMESPACE, "lines_quarantined", "Sum", ours),
            above=QUARANTINED_LINES,
        )
    )


def _watch_tables(alarms: Alarms, tables: Mapping[TableName, dynamodb.CfnTable]) -> None:
    """Requests that DynamoDB refused for their rate, period after period."""
    for name, table in tables.items():
        for kind in ("Read", "Write"):
            alarms.add(
                Alarm(
                    name=f"{name}-{kind.lower()}-throttled",
                    why=f"DynamoDB refuses requests to table {name} for their rate; consumers wait and fall behind.",
                    metric=metric("AWS/DynamoDB", f"{kind}ThrottleEvents", "Sum", {"TableName": table.ref}),
                    periods=STEADY,
                )
            )


def _watch_ledger(alarms: Alarms, config: Config) -> None:
    """An imbalance at once; an audit that tells nothing after three hours."""
    alarms.add(
        Alarm(
            name="ledger-imbalance",
            why="Something that was accepted is nowhere: `clickstream audit` names it.",
            metric=metric(METRICS_NAMESPACE, "LedgerImbalance", "Maximum", {"Stage": config.stage}, minutes=60),
        )
    )
    # Each hour counts that has no value, and one that has a value never does: nothing is above a million million.
    alarms.add(
        Alarm(
            name="audit-silent",
            why="The audit has told nothing for three hours, so nobody knows whether the ledger balances.",
            metric=metric(METRICS_NAMESPACE, "LedgerImbalance", "Minimum", {"Stage": config.stage}, minutes=60),
            above=1e12,
            periods=SILENT_HOURS,
            silence=True,
        )
    )


def _of_function(function: Function) -> Iterator[Alarm]:
    spec, named = function.spec, {"FunctionName": function.name}
    yield Alarm(
        name=f"{spec.name}-errors",
        why=f"{function.name} fails again and again; its log says why.",
        metric=metric("AWS/Lambda", "Errors", "Sum", named),
        periods=STEADY,
    )
    yield Alarm(
        name=f"{spec.name}-throttles",
        why=f"{function.name} is not let run: the account's concurrency, or what is reserved for it, is used up.",
        metric=metric("AWS/Lambda", "Throttles", "Sum", named),
        periods=STEADY,
    )
    if spec.source is not None and spec.source.stream is not None:
        yield Alarm(
            name=f"{spec.name}-behind",
            why=f"{function.name} is minutes behind the stream; what it does for shoppers comes too late.",
            metric=metric("AWS/Lambda", "IteratorAge", "Maximum", named),
            above=BEHIND_MS,
        )
    if function.queue is not None:
        yield Alarm(
            name=f"{spec.name}-waiting",
            why=f"Messages wait a quarter of an hour for {function.name}.",
            metric=metric(
                "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", {"QueueName": function.queue.queue_name}
            ),
            above=WAITING_SECONDS,
        )
