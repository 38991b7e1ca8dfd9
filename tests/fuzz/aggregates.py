"""What must hold for any bytes that the reader of aggregates is given."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from contract.kpl import MAGIC, DamagedAggregate, SubRecord, deaggregate, payloads
from tests.support.kpl_messages import AggregatedRecord, sealed


def check(data: bytes) -> None:
    """The bytes as they are, and as the body of an aggregate whose checksum is right. Raises AssertionError."""
    for record in (data, MAGIC + data, sealed(data)):
        found = _read(record)
        assert _payloads(record) == (found if not isinstance(found, list) else [each.data for each in found]), record
    body = sealed(data)
    found, expected = _read(body), by_protobuf_reader(data)
    if found != expected:
        assert found == "damaged", f"{data!r}: protobuf reads {expected}, we {found}"


def by_protobuf_reader(body: bytes) -> list[SubRecord] | str:
    """The records of the body by protobuf's own reader, or "damaged"."""
    message = AggregatedRecord()
    try:
        message.ParseFromString(body)
    except DecodeError:
        return "damaged"
    if not message.IsInitialized():
        return "damaged"
    keys, hash_keys = message.partition_key_table, message.explicit_hash_key_table
    try:
        return [
            SubRecord(
                keys[each.partition_key_index],
                hash_keys[each.explicit_hash_key_index] if each.HasField("explicit_hash_key_index") else None,
                each.data,
            )
            for each in message.records
        ]
    except (IndexError, UnicodeDecodeError):
        return "damaged"


def _read(record: bytes) -> list[SubRecord] | str | None:
    try:
        return deaggregate(record)
    except DamagedAggregate:
        return "damaged"


def _payloads(record: bytes) -> list[bytes] | str | None:
    try:
        return payloads(record)
    except DamagedAggregate:
        return "damaged"
