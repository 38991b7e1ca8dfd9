"""How far stream consumers are behind: as the local endpoint says, or as CloudWatch measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from consumers.aws_errors import translated
from operations.status.facts import StreamLag

_WINDOW = timedelta(minutes=10)
_PERIOD_SECONDS = 60


class StreamLags(Protocol):
    def of(self, consumer: str, function: str) -> StreamLag:
        """`function`: physical name."""
        ...


@dataclass(frozen=True, slots=True)
class EndpointLags:
    """`health`: asks the local endpoint's runners."""

    health: Callable[[], Mapping[str, Any]]

    def of(self, consumer: str, function: str) -> StreamLag:
        found = [each for each in self.health().get("streams", {}).values() if _is_of(each, function)]
        if not found:
            return StreamLag(consumer=consumer, problem="no event source reads the stream for it")
        problems = "; ".join(str(each["error"]) for each in found if each["error"])
        return StreamLag(consumer=consumer, records=sum(each["lag"] for each in found), problem=problems)


def _is_of(mapping: Mapping[str, Any], function: str) -> bool:
    return str(mapping.get("function", "")).rpartition(":")[2] == function


@dataclass(frozen=True, slots=True)
class CloudWatchLags:
    """The age of the newest record that the function was given, at most, minute by minute: the last that is known."""

    client: Any  # of CloudWatch
    now: datetime

    def of(self, consumer: str, function: str) -> StreamLag:
        with translated(f"metrics of {function}"):
            points = self.client.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="IteratorAge",
                Dimensions=[{"Name": "FunctionName", "Value": function}],
                StartTime=self.now - _WINDOW,
                EndTime=self.now,
                Period=_PERIOD_SECONDS,
                Statistics=["Maximum"],
            )["Datapoints"]
        newest = max(points, key=lambda point: point["Timestamp"], default=None)
        if newest is None:
            return StreamLag(consumer=consumer, problem="nothing was read in the last 10 minutes")
        return StreamLag(consumer=consumer, seconds=newest["Maximum"] / 1_000)


def lags_of(functions: Mapping[str, str], lags: StreamLags) -> Iterator[StreamLag]:
    """Of the consumers of the stream among a deployment's functions."""
    if "Realtime" in functions:
        yield lags.of("realtime", functions["Realtime"])
