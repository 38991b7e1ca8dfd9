"""What invokes a function, and where each kind leaves what the function could not handle."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.capabilities.delivery import stream_grants
from infra.capabilities.foundation import Foundation
from infra.capabilities.function_spec import FunctionSpec, QueueSource, StreamSource
from infra.capabilities.grants import use_of_key
from infra.config import Config

FAILED_BATCHES: Final = "aws/lambda/"
"""Under which Lambda leaves a batch of the stream that it gave up on; it chooses the rest of the key."""

ASYNC_ATTEMPTS: Final = 2
ASYNC_MAX_AGE_SECONDS: Final = 6 * 3600
VISIBLE_AGAIN_TIMEOUTS: Final = 6  # of the function: Lambda's own advice, so that no message is taken twice

_Mapping = lambda_.CfnEventSourceMapping
_Invocations = lambda_.CfnEventInvokeConfig


def from_stream(
    scope: Construct,
    *,
    source: StreamSource,
    stream: kinesis.IStream,
    base: Foundation,
    function: lambda_.CfnFunction,
    role: iam.Role,
) -> None:
    """Invoke `function` with batches of the stream; a batch that is given up lies whole in the quarantine bucket."""
    bucket = base.buckets["quarantine"]
    for statement in (
        *stream_grants(stream, base),
        iam.PolicyStatement(
            sid="SeeTheStream", actions=["kinesis:DescribeStreamSummary"], resources=[stream.stream_arn]
        ),
        iam.PolicyStatement(
            sid="LeaveFailedBatches", actions=["s3:PutObject"], resources=[bucket.arn_for_objects(f"{FAILED_BATCHES}*")]
        ),
        iam.PolicyStatement(
            sid="SeeWhereToLeaveThem",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLikeIfExists": {"s3:prefix": [f"{FAILED_BATCHES}*"]}},
        ),
        use_of_key("EncryptFailedBatches", ["kms:GenerateDataKey"], ["quarantine"], base),
    ):
        role.add_to_policy(statement)
    mapping = _Mapping(
        scope,
        "Records",
        function_name=function.ref,
        event_source_arn=stream.stream_arn,
        starting_position=source.starting_position,
        batch_size=source.batch_size,
        maximum_batching_window_in_seconds=source.window_seconds,
        parallelization_factor=source.parallelization_factor,
        bisect_batch_on_function_error=source.bisect,
        maximum_retry_attempts=source.maximum_retry_attempts,
        maximum_record_age_in_seconds=source.maximum_record_age_seconds,
        function_response_types=["ReportBatchItemFailures"],
        destination_config=_Mapping.DestinationConfigProperty(
            on_failure=_Mapping.OnFailureProperty(destination=bucket.bucket_arn)
        ),
    )
    mapping.node.add_dependency(role)


def own_queue(
    scope: Construct, *, config: Config, spec: FunctionSpec, source: QueueSource
) -> tuple[sqs.Queue, sqs.Queue]:
    """The queue that feeds a function, and the one for messages it failed to handle again and again."""
    failed = _failed(scope, config, source.name)
    queue = sqs.Queue(
        scope,
        "Queue",
        queue_name=config.name(source.name),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
        visibility_timeout=cdk.Duration.seconds(spec.timeout_seconds * VISIBLE_AGAIN_TIMEOUTS + source.window_seconds),
        dead_letter_queue=sqs.DeadLetterQueue(queue=failed, max_receive_count=source.maximum_receive_count),
    )
    return queue, failed


def from_queue(
    scope: Construct, *, source: QueueSource, queue: sqs.Queue, function: lambda_.CfnFunction, role: iam.Role
) -> None:
    """Invoke `function` with batches of messages; those it names as failed come again."""
    queue.grant_consume_messages(role)
    mapping = _Mapping(
        scope,
        "Messages",
        function_name=function.ref,
        event_source_arn=queue.queue_arn,
        batch_size=source.batch_size,
        maximum_batching_window_in_seconds=source.window_seconds,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=_Mapping.ScalingConfigProperty(maximum_concurrency=source.maximum_concurrency),
    )
    mapping.node.add_dependency(role)


def failed_invocations(
    scope: Construct, *, config: Config, spec: FunctionSpec, function: lambda_.CfnFunction
) -> sqs.Queue:
    """How often an invocation nobody waits for is tried, and the queue for those that failed each time."""
    failed = _failed(scope, config, spec.name)
    invocations = _Invocations(
        scope,
        "Invocations",
        function_name=function.ref,
        qualifier="$LATEST",
        maximum_retry_attempts=ASYNC_ATTEMPTS,
        maximum_event_age_in_seconds=ASYNC_MAX_AGE_SECONDS,
        destination_config=_Invocations.DestinationConfigProperty(
            on_failure=_Invocations.OnFailureProperty(destination=failed.queue_arn)
        ),
    )
    invocations.add_resource_dependency(function)
    return failed


def _failed(scope: Construct, config: Config, name: str) -> sqs.Queue:
    return sqs.Queue(
        scope,
        "Failed",
        queue_name=config.name(f"{name}-failed"),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
    )
