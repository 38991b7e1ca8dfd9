"""Switches ministack's own Firehose delivery off, and refuses delivery streams ours would not serve."""

from collections.abc import Mapping
from typing import Any, Final

from contract.errors import ConfigurationError
from infra.local import patches
from infra.local.firehose_settings import read_destination

Response = tuple[int, dict[str, str], bytes]

_FIREHOSE: Final = "ministack.services.firehose:"


def install() -> None:
    """Nothing but our runner delivers from now on, so nothing is delivered twice."""
    create = patches.get(f"{_FIREHOSE}_create_delivery_stream")

    def create_checked(data: dict[str, Any]) -> Response:
        try:
            _check(data)
        except ConfigurationError as error:
            return _refuse(str(error))
        response: Response = create(data)
        return response

    patches.replace(f"{_FIREHOSE}_create_delivery_stream", create_checked)
    patches.replace(f"{_FIREHOSE}ingest_from_kinesis_source", _deliver_nothing)
    # The API goes through this table, CloudFormation through the module's own name.
    patches.get(f"{_FIREHOSE}_HANDLERS").update(
        CreateDeliveryStream=create_checked, PutRecord=_refuse_direct_put, PutRecordBatch=_refuse_direct_put
    )


def _check(request: Mapping[str, Any]) -> None:
    name = request.get("DeliveryStreamName", "")
    if request.get("DeliveryStreamType") != "KinesisStreamAsSource":
        kind = request.get("DeliveryStreamType", "DirectPut")
        raise ConfigurationError(f"delivery stream {name}: the local Firehose does not implement {kind}")
    destinations = [
        {key.replace("DestinationConfiguration", "DestinationDescription"): value}
        for key, value in request.items()
        if key.endswith("DestinationConfiguration")
    ]
    read_destination(name, destinations)


def _deliver_nothing(stream_arn: str, records: list[tuple[str, bytes]]) -> None:
    """Takes the place of ministack's delivery inside PutRecords; our runner reads the stream."""


def _refuse_direct_put(data: dict[str, Any]) -> Response:
    name = data.get("DeliveryStreamName", "")
    return _refuse(f"delivery stream {name} reads a Kinesis stream; put its records there")


def _refuse(message: str) -> Response:
    response: Response = patches.get("ministack.core.responses:error_response_json")(
        "InvalidArgumentException", message, 400
    )
    return response
