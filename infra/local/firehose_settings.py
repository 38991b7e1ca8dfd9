"""Reads a delivery stream as it was deployed; refuses by name what our delivery does not do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ConfigurationError
from infra.local.prefixes import check_expressions

_COMPRESSIONS: Final = {"UNCOMPRESSED": "", "GZIP": ".gz"}
# Where Firehose writes its own log and how S3 encrypts: nothing that changes what is delivered.
_IGNORED: Final = frozenset({"RoleARN", "EncryptionConfiguration", "CloudWatchLoggingOptions"})
_USED: Final = frozenset({"BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat"})
_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """What a delivery stream does with the records of its Kinesis stream."""

    name: str
    version: str
    stream_arn: str
    starts_at: float  # records from this epoch second on
    bucket: str
    prefix: str
    error_prefix: str
    max_bytes: int
    interval_seconds: float
    extension: str  # ".gz" for GZIP, else empty

    @property
    def gzip(self) -> bool:
        return self.extension == ".gz"


def read_delivery(description: Mapping[str, Any]) -> DeliverySettings:
    """The settings in a DescribeDeliveryStream answer; raises `ConfigurationError` naming what is refused."""
    name = description["DeliveryStreamName"]
    source = (description.get("Source") or {}).get("KinesisStreamSourceDescription")
    if source is None:
        raise _refusal(name, f"a source other than a Kinesis stream ({description.get('DeliveryStreamType')})")
    destination = read_destination(name, description["Destinations"])
    hints = destination.get("BufferingHints") or {}
    prefix = destination.get("Prefix") or "!{timestamp:yyyy/MM/dd/HH}/"
    return DeliverySettings(
        name=name,
        version=str(description["VersionId"]),
        stream_arn=source["KinesisStreamARN"],
        starts_at=_epoch(source.get("DeliveryStartTimestamp", 0)),
        bucket=destination["BucketARN"].rpartition(":::")[2],
        prefix=prefix,
        error_prefix=destination.get("ErrorOutputPrefix")
        or "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
        max_bytes=hints.get("SizeInMBs", 5) * _MEBIBYTE,
        interval_seconds=hints.get("IntervalInSeconds", 300),
        extension=_COMPRESSIONS[destination.get("CompressionFormat", "UNCOMPRESSED")],
    )


def read_destination(name: str, destinations: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The one S3 destination; raises `ConfigurationError` for another kind or an option not implemented."""
    if len(destinations) != 1 or "ExtendedS3DestinationDescription" not in destinations[0]:
        kinds = [key for d in destinations for key in d if key != "DestinationId"]
        raise _refusal(name, f"a destination other than one extended S3 destination ({', '.join(kinds) or 'none'})")
    destination: Mapping[str, Any] = destinations[0]["ExtendedS3DestinationDescription"]
    for option, value in destination.items():
        if option not in _USED | _IGNORED and _is_on(option, value):
            raise _refusal(name, option)
    if destination.get("CompressionFormat", "UNCOMPRESSED") not in _COMPRESSIONS:
        raise _refusal(name, f"CompressionFormat {destination['CompressionFormat']}")
    for field, errors in (("Prefix", False), ("ErrorOutputPrefix", True)):
        problem = check_expressions(destination.get(field) or "", errors=errors)
        if problem is not None:
            raise _refusal(name, f"{field}: {problem}")
    return destination


def _is_on(option: str, value: Any) -> bool:
    if option == "S3BackupMode":
        return bool(value != "Disabled")
    if isinstance(value, Mapping):
        return bool(value.get("Enabled", True))
    return bool(value)


def _refusal(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"delivery stream {name}: the local Firehose does not implement {what}")


def _epoch(value: Any) -> float:
    return float(value.timestamp()) if hasattr(value, "timestamp") else float(value)
