"""Kinesis streams and their event source mappings where ministack keeps them; its own poller is off."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from contract.errors import ConfigurationError
from infra.local import patches
from infra.local.stream_source import Position
from infra.local.stream_source_records import SourceRecord
from infra.local.stream_source_settings import is_kinesis, read_source

Response = tuple[int, dict[str, str], bytes]

_LAMBDA: Final = "ministack.services.lambda_svc:"
_RESOURCE: Final = "AWS::Lambda::EventSourceMapping"
_DEFAULT_BATCH: Final = 100  # ministack's is that of queues
_START: Final = "StartingPositionTimestamp"  # ministack forgets it


class MinistackStreams:
    """Reads the shards in place.

    GetRecords of ministack sorts expired records out by making a new list; in a thread of ours that could
    lose a record that is being put.
    """

    def mappings(self) -> Sequence[Mapping[str, Any]]:
        """Every Kinesis event source mapping."""
        return [mapping for mapping in list(patches.get(f"{_LAMBDA}_esms").values()) if is_kinesis(mapping)]

    def shards(self, stream_arn: str) -> Sequence[str]:
        """The shards of a stream; none when it is not there."""
        return sorted((self._stream(stream_arn) or {}).get("shards", {}))

    def read(self, stream_arn: str, shard: str, *, start: Position, limit: int) -> Sequence[SourceRecord]:
        """The records that follow `start`, in order."""
        records = self._records(stream_arn, shard)
        first = _index(records, start)
        return [_record(shard, record) for record in records[first : first + limit]]

    def behind(self, stream_arn: str, shard: str, *, start: Position) -> int:
        """How many records follow `start`."""
        records = self._records(stream_arn, shard)
        return len(records) - _index(records, start)

    def _stream(self, arn: str) -> Mapping[str, Any] | None:
        stream: Mapping[str, Any] | None = patches.get("ministack.services.kinesis:_streams").get(
            arn.rpartition("/")[2]
        )
        return stream if stream and stream["StreamARN"] == arn else None

    def _records(self, arn: str, shard: str) -> list[dict[str, Any]]:
        stream = self._stream(arn) or {}
        records: list[dict[str, Any]] = stream.get("shards", {}).get(shard, {}).get("records", [])
        return records


def install(*, created: Callable[[], None]) -> None:
    """Only our runner reads for functions from now on, and mappings it would not serve are refused.

    `created` is called after each new mapping.
    """
    create, update = patches.get(f"{_LAMBDA}_create_esm"), patches.get(f"{_LAMBDA}_update_esm")

    def create_checked(data: dict[str, Any]) -> Response:
        try:
            _check(data)
        except ConfigurationError as error:
            return _refuse(str(error))
        response: Response = create(data)
        if response[0] < 400:  # noqa: PLR2004 - an HTTP status
            _complete(json.loads(response[2])["UUID"], data)
            created()
        return response

    def update_checked(uuid: str, data: dict[str, Any]) -> Response:
        known = patches.get(f"{_LAMBDA}_esms").get(uuid) or {}
        try:
            _check({**known, **data})
        except ConfigurationError as error:
            return _refuse(str(error))
        response: Response = update(uuid, data)
        return response

    patches.replace(f"{_LAMBDA}_create_esm", create_checked)
    patches.replace(f"{_LAMBDA}_update_esm", update_checked)
    patches.replace(f"{_LAMBDA}_poll_kinesis", _poll_nothing)
    _check_templates(created)


def _check_templates(created: Callable[[], None]) -> None:
    handler = patches.get("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")[_RESOURCE]
    create, update = handler["create"], handler["update"]

    def create_checked(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        _check_properties(properties)
        made = create(logical_id, properties, stack)
        _complete(made[0], properties)
        created()
        return made

    def update_checked(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> Any:
        _check_properties(new)
        made = update(physical_id, old, new, stack)
        _complete(made[0], new)
        created()
        return made

    handler.update(create=create_checked, update=update_checked)


def _check(mapping: dict[str, Any]) -> None:
    if not is_kinesis(mapping):
        return
    mapping.setdefault("BatchSize", _DEFAULT_BATCH)
    read_source(mapping)


def _check_properties(properties: dict[str, Any]) -> None:
    if is_kinesis(properties):
        properties.setdefault("BatchSize", _DEFAULT_BATCH)
        try:
            read_source(properties)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error


def _complete(uuid: str, properties: Mapping[str, Any]) -> None:
    mapping = patches.get(f"{_LAMBDA}_esms")[uuid]
    if properties.get(_START) is not None:
        mapping[_START] = properties[_START]
    if str(mapping.get("Enabled", True)).lower() == "false":
        mapping["State"] = "Disabled"


def _poll_nothing() -> bool:
    """Takes the place of ministack's poller; our runner reads the streams."""
    return False


def _refuse(message: str) -> Response:
    response: Response = patches.get("ministack.core.responses:error_response_json")(
        "InvalidParameterValueException", message, 400
    )
    return response


def _index(records: list[dict[str, Any]], start: Position) -> int:
    if start.after:
        return bisect_right(records, start.after, key=lambda record: record["SequenceNumber"])
    return bisect_left(records, start.since, key=lambda record: record["ApproximateArrivalTimestamp"])


def _record(shard: str, record: Mapping[str, Any]) -> SourceRecord:
    data = record["Data"]
    return SourceRecord(
        shard=shard,
        sequence_number=record["SequenceNumber"],
        partition_key=record["PartitionKey"],
        data=base64.b64encode(data).decode() if isinstance(data, bytes) else data,
        arrived_at=record["ApproximateArrivalTimestamp"],
    )
