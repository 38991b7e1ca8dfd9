"""How far a consumer is behind, as the local endpoint and as CloudWatch tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.status.facts import StreamLag
from operations.status.lags import CloudWatchLags, EndpointLags, lags_of

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FUNCTION = "clickstream-local-realtime"
ARN = f"arn:aws:lambda:us-east-1:000000000000:function:{FUNCTION}"


@dataclass(slots=True)
class CloudWatch:
    """In the place of boto3's client."""

    ages: Mapping[int, float]  # minutes ago -> milliseconds
    asked: dict[str, Any] = field(default_factory=dict)

    def get_metric_statistics(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"Datapoints": [{"Timestamp": NOW - timedelta(minutes=m), "Maximum": ms} for m, ms in self.ages.items()]}


def endpoint(*mappings: Mapping[str, Any]) -> EndpointLags:
    return EndpointLags(lambda: {"streams": {str(number): each for number, each in enumerate(mappings)}})


def test_locally_the_records_of_its_event_sources_are_counted() -> None:
    lags = endpoint(
        {"function": ARN, "lag": 3, "error": ""},
        {"function": ARN, "lag": 4, "error": "it fails"},
        {"function": f"{ARN}-other", "lag": 100, "error": "other"},
        {"error": "a mapping that was refused"},
    )

    assert lags.of("realtime", FUNCTION) == StreamLag(consumer="realtime", records=7, problem="it fails")


def test_a_consumer_that_nothing_feeds_is_no_consumer_without_a_lag() -> None:
    assert endpoint().of("realtime", FUNCTION) == StreamLag(
        consumer="realtime", problem="no event source reads the stream for it"
    )


def test_on_aws_the_newest_age_counts() -> None:
    cloudwatch = CloudWatch({3: 9_000.0, 1: 1_500.0, 2: 70_000.0})

    assert CloudWatchLags(cloudwatch, NOW).of("realtime", FUNCTION) == StreamLag(consumer="realtime", seconds=1.5)
    assert cloudwatch.asked["Dimensions"] == [{"Name": "FunctionName", "Value": FUNCTION}]
    assert cloudwatch.asked["StartTime"] == NOW - timedelta(minutes=10)


def test_a_stream_that_was_not_read_says_so() -> None:
    assert CloudWatchLags(CloudWatch({}), NOW).of("realtime", FUNCTION) == StreamLag(
        consumer="realtime", problem="nothing was read in the last 10 minutes"
    )


def test_only_consumers_of_the_stream_have_a_lag() -> None:
    lags = endpoint({"function": ARN, "lag": 3, "error": ""})

    assert list(lags_of({"PersonalizeSync": "x"}, lags)) == []
    assert list(lags_of({"Realtime": FUNCTION}, lags)) == [StreamLag(consumer="realtime", records=3)]
