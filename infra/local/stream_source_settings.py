"""Reads a Kinesis event source mapping as it was created; refuses by name what our runner does not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ConfigurationError

REPORTS_FAILURES: Final = "ReportBatchItemFailures"
_POSITIONS: Final = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
# option -> (default, lowest, highest), as Lambda's API documents them for Kinesis
_NUMBERS: Final = {
    "BatchSize": (100, 1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 0, 300),
    "ParallelizationFactor": (1, 1, 10),
    "MaximumRetryAttempts": (-1, -1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, -1, 604_800),
}
_LEAST_AGE: Final = 60
# Who a mapping is and how it fares: nothing that changes what is delivered.
_DESCRIPTIVE: Final = frozenset(
    {
        "UUID",
        "EventSourceMappingArn",
        "FunctionArn",
        "FunctionName",
        "Qualifier",
        "State",
        "StateTransitionReason",
        "Enabled",
        "LastModified",
        "LastProcessingResult",
        "Tags",
    }
)
_USED: Final = frozenset(
    {
        *_NUMBERS,
        "EventSourceArn",
        "StartingPosition",
        "StartingPositionTimestamp",
        "BisectBatchOnFunctionError",
        "FunctionResponseTypes",
        "DestinationConfig",
    }
)


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """How Lambda reads one Kinesis stream for one function; None means no limit."""

    uuid: str
    function_arn: str
    stream_arn: str
    starting_position: str = "TRIM_HORIZON"
    starting_timestamp: float = 0.0  # epoch seconds, of AT_TIMESTAMP
    batch_size: int = 100
    window_seconds: float = 0.0
    lanes: int = 1  # the parallelization factor
    maximum_retries: int | None = None
    maximum_age_seconds: float | None = None
    bisects: bool = False
    reports_failures: bool = False
    on_failure: str = ""  # the ARN of a bucket or a queue


def is_kinesis(mapping: Mapping[str, Any]) -> bool:
    """Whether `mapping` reads a Kinesis stream."""
    return str(mapping.get("EventSourceArn", "")).split(":")[2:3] == ["kinesis"]


def read_source(mapping: Mapping[str, Any]) -> SourceSettings:
    """The settings in a GetEventSourceMapping answer; raises `ConfigurationError` naming what is refused."""
    for option, value in mapping.items():
        if option not in _USED | _DESCRIPTIVE and value not in (None, 0, "", [], {}):
            raise _refusal(mapping, f"does not implement {option}")
    numbers = {option: _number(mapping, option) for option in _NUMBERS}
    if 0 <= numbers["MaximumRecordAgeInSeconds"] < _LEAST_AGE:
        raise _refusal(mapping, f"needs MaximumRecordAgeInSeconds -1 or at least {_LEAST_AGE}")
    position, timestamp = _start(mapping)
    return SourceSettings(
        uuid=str(mapping.get("UUID", "")),
        function_arn=str(mapping.get("FunctionArn", "")),
        stream_arn=_stream(mapping),
        starting_position=position,
        starting_timestamp=timestamp,
        batch_size=numbers["BatchSize"],
        window_seconds=numbers["MaximumBatchingWindowInSeconds"],
        lanes=numbers["ParallelizationFactor"],
        maximum_retries=_limit(numbers["MaximumRetryAttempts"]),
        maximum_age_seconds=_limit(numbers["MaximumRecordAgeInSeconds"]),
        bisects=is_true(mapping.get("BisectBatchOnFunctionError")),
        reports_failures=_reports(mapping),
        on_failure=_destination(mapping),
    )


def is_true(value: Any) -> bool:
    """A switch of a template, which may have written it as text."""
    return str(value).lower() == "true"


def _stream(mapping: Mapping[str, Any]) -> str:
    arn = str(mapping["EventSourceArn"])
    if "/consumer/" in arn:
        raise _refusal(mapping, "does not implement a consumer with enhanced fan-out")
    return arn


def _number(mapping: Mapping[str, Any], option: str) -> int:
    default, lowest, highest = _NUMBERS[option]
    value = mapping.get(option)
    try:
        number = default if value is None else int(value)
    except (TypeError, ValueError):
        raise _refusal(mapping, f"needs {option} as a number, not {value!r}") from None
    if not lowest <= number <= highest:
        raise _refusal(mapping, f"needs {option} between {lowest} and {highest}, not {number}")
    return number


def _limit(number: int) -> int | None:
    return None if number < 0 else number


def _start(mapping: Mapping[str, Any]) -> tuple[str, float]:
    position, timestamp = mapping.get("StartingPosition"), mapping.get("StartingPositionTimestamp")
    if position not in _POSITIONS:
        raise _refusal(mapping, f"needs a StartingPosition of {', '.join(_POSITIONS)}")
    if (position == "AT_TIMESTAMP") != (timestamp is not None):
        raise _refusal(mapping, "needs a StartingPositionTimestamp with AT_TIMESTAMP, and only with it")
    return position, float(timestamp or 0.0)


def _reports(mapping: Mapping[str, Any]) -> bool:
    types = mapping.get("FunctionResponseTypes") or []
    strangers = set(types) - {REPORTS_FAILURES}
    if strangers:
        raise _refusal(mapping, f"does not implement FunctionResponseTypes {', '.join(sorted(strangers))}")
    return bool(types)


def _destination(mapping: Mapping[str, Any]) -> str:
    config = mapping.get("DestinationConfig") or {}
    if config.get("OnSuccess"):
        raise _refusal(mapping, "does not implement DestinationConfig.OnSuccess")
    arn = str((config.get("OnFailure") or {}).get("Destination") or "")
    if arn and arn.split(":")[2:3] not in (["s3"], ["sqs"]):
        raise _refusal(mapping, f"does not implement an on-failure destination other than S3 and SQS ({arn})")
    return arn


def _refusal(mapping: Mapping[str, Any], what: str) -> ConfigurationError:
    source = mapping.get("EventSourceArn", "")
    return ConfigurationError(f"event source mapping of {source}: the local endpoint {what}")
