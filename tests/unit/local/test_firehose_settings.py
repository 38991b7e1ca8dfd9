"""A delivery stream is delivered as it was deployed, or refused by the name of what is missing."""

from copy import deepcopy
from typing import Any

import pytest

from contract.errors import ConfigurationError
from infra.local.firehose_settings import DeliverySettings, read_delivery

pytestmark = pytest.mark.unit

DESCRIPTION: dict[str, Any] = {
    "DeliveryStreamName": "raw",
    "VersionId": "3",
    "DeliveryStreamType": "KinesisStreamAsSource",
    "Source": {"KinesisStreamSourceDescription": {"KinesisStreamARN": "arn:events", "DeliveryStartTimestamp": 5}},
    "Destinations": [
        {
            "DestinationId": "destinationId-1",
            "ExtendedS3DestinationDescription": {
                "BucketARN": "arn:aws:s3:::the-bucket",
                "RoleARN": "arn:role",
                "Prefix": "events/!{timestamp:yyyy}/",
                "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
                "CompressionFormat": "GZIP",
                "CloudWatchLoggingOptions": {"Enabled": True},
                "ProcessingConfiguration": {"Enabled": False},
                "S3BackupMode": "Disabled",
            },
        }
    ],
}


def with_destination(**changes: Any) -> dict[str, Any]:
    description = deepcopy(DESCRIPTION)
    description["Destinations"][0]["ExtendedS3DestinationDescription"] |= changes
    return description


def test_the_settings_are_those_of_the_template() -> None:
    assert read_delivery(DESCRIPTION) == DeliverySettings(
        name="raw",
        version="3",
        stream_arn="arn:events",
        starts_at=5.0,
        bucket="the-bucket",
        prefix="events/!{timestamp:yyyy}/",
        error_prefix="errors/!{firehose:error-output-type}/",
        max_bytes=64 * 1024 * 1024,
        interval_seconds=60,
        extension=".gz",
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy"),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "DataFormatConversionConfiguration"),
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "DynamicPartitioningConfiguration"),
        ({"ProcessingConfiguration": {"Enabled": True, "Processors": []}}, "ProcessingConfiguration"),
        ({"S3BackupMode": "Enabled"}, "S3BackupMode"),
        ({"CustomTimeZone": "Europe/Berlin"}, "CustomTimeZone"),
        ({"FileExtension": ".jsonl"}, "FileExtension"),
        ({"Prefix": "!{partitionKeyFromQuery:a}/"}, "Prefix: unknown expression"),
        ({"ErrorOutputPrefix": "!{nonsense}/"}, "ErrorOutputPrefix: unknown expression"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"raw: the local Firehose does not implement {named}"):
        read_delivery(with_destination(**changes))


def test_another_destination_is_refused() -> None:
    description = deepcopy(DESCRIPTION) | {"Destinations": [{"DestinationId": "1", "HttpEndpointDescription": {}}]}

    with pytest.raises(ConfigurationError, match="HttpEndpointDescription"):
        read_delivery(description)


def test_direct_put_is_refused() -> None:
    description = {k: v for k, v in DESCRIPTION.items() if k != "Source"} | {"DeliveryStreamType": "DirectPut"}

    with pytest.raises(ConfigurationError, match="DirectPut"):
        read_delivery(description)
