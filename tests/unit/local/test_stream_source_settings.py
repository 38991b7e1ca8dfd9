"""A Kinesis event source mapping is read as Lambda documents it; what is not honoured is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from contract.errors import ConfigurationError
from infra.local.stream_source_settings import SourceSettings, is_kinesis, read_source
from tests.support.stream_sources import FUNCTION, STREAM

pytestmark = pytest.mark.unit

LEAST: dict[str, Any] = {
    "UUID": "u",
    "EventSourceArn": STREAM,
    "FunctionArn": FUNCTION,
    "StartingPosition": "TRIM_HORIZON",
    "State": "Enabled",
}


def test_defaults_are_those_of_lambda() -> None:
    assert read_source(LEAST) == SourceSettings(
        uuid="u",
        function_arn=FUNCTION,
        stream_arn=STREAM,
        starting_position="TRIM_HORIZON",
        batch_size=100,
        window_seconds=0,
        lanes=1,
        maximum_retries=None,
        maximum_age_seconds=None,
        bisects=False,
        reports_failures=False,
        on_failure="",
    )


def test_every_option_is_read_also_as_a_template_writes_it() -> None:
    mapping = {
        **LEAST,
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": 1_700_000_000,
        "BatchSize": "500",
        "MaximumBatchingWindowInSeconds": 5,
        "ParallelizationFactor": 2,
        "MaximumRetryAttempts": 0,
        "MaximumRecordAgeInSeconds": 3_600,
        "BisectBatchOnFunctionError": "true",
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::bucket"}},
        "TumblingWindowInSeconds": 0,
    }

    assert read_source(mapping) == SourceSettings(
        uuid="u",
        function_arn=FUNCTION,
        stream_arn=STREAM,
        starting_position="AT_TIMESTAMP",
        starting_timestamp=1_700_000_000.0,
        batch_size=500,
        window_seconds=5,
        lanes=2,
        maximum_retries=0,
        maximum_age_seconds=3_600,
        bisects=True,
        reports_failures=True,
        on_failure="arn:aws:s3:::bucket",
    )


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ({"TumblingWindowInSeconds": 30}, "does not implement TumblingWindowInSeconds"),
        ({"FilterCriteria": {"Filters": []}}, "does not implement FilterCriteria"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}}, "does not implement ScalingConfig"),
        ({"FunctionResponseTypes": ["Other"]}, "does not implement FunctionResponseTypes Other"),
        ({"DestinationConfig": {"OnSuccess": {"Destination": "x"}}}, "does not implement DestinationConfig.OnSuccess"),
        ({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:r:1:t"}}}, "other than S3 and SQS"),
        ({"EventSourceArn": f"{STREAM}/consumer/c:1"}, "enhanced fan-out"),
        ({"StartingPosition": None}, "needs a StartingPosition of"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "needs a StartingPositionTimestamp"),
        ({"StartingPositionTimestamp": 1}, "only with it"),
        ({"BatchSize": "many"}, "needs BatchSize as a number, not 'many'"),
        ({"BatchSize": 0}, "BatchSize between 1 and 10000, not 0"),
        ({"MaximumBatchingWindowInSeconds": 301}, "between 0 and 300"),
        ({"ParallelizationFactor": 11}, "between 1 and 10"),
        ({"MaximumRetryAttempts": -2}, "between -1 and 10000"),
        ({"MaximumRecordAgeInSeconds": 59}, "at least 60"),
    ],
)
def test_what_is_not_honoured_is_refused_by_name(option: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_source({**LEAST, **option})


def test_only_kinesis_is_ours() -> None:
    arns = [STREAM, "arn:aws:sqs:us-east-1:000000000000:queue", "", "kinesis"]

    assert [is_kinesis({"EventSourceArn": arn}) for arn in arns] == [True, False, False, False]
