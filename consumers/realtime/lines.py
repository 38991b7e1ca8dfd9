"""A Lambda event's records as lines with their places in the shard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypedDict

from pybase64 import b64decode

from contract.kpl import DamagedAggregate, payloads
from contract.stream_account import Place


class KinesisData(TypedDict):
    sequenceNumber: str
    data: str
    approximateArrivalTimestamp: float  # epoch seconds


class KinesisRecord(TypedDict):
    """One record of a Lambda event, as far as we read it."""

    eventID: str  # "<shard>:<sequence number>"
    kinesis: KinesisData


class Line(NamedTuple):
    """A line without its newline. `data` is empty for a record that holds no line: it has a place all the same."""

    sequence: int
    sub: int
    arrived_at: float  # epoch seconds, of its record
    data: bytes
    damage: str | None = None  # why the record, `data` being all of it, cannot be taken apart

    @property
    def place(self) -> Place:
        return Place(sequence=self.sequence, sub=self.sub)


def shard_of(records: Sequence[KinesisRecord]) -> str:
    """The one shard of a batch. Raises ValueError for records of several: Lambda never mixes them."""
    shards = {record["eventID"].partition(":")[0] for record in records}
    if len(shards) != 1:
        raise ValueError(f"a batch of several shards: {sorted(shards)}")
    return shards.pop()


def lines_of(records: Sequence[KinesisRecord]) -> Iterator[Line]:
    """All lines, in order. They are numbered within their record, blank ones left out, the same at every reading."""
    for record in records:
        data = record["kinesis"]
        sequence, arrived_at = int(data["sequenceNumber"]), data["approximateArrivalTimestamp"]
        packed = b64decode(data["data"], validate=True)
        try:
            parts = payloads(packed)
        except DamagedAggregate as damage:
            yield Line(sequence, 0, arrived_at, packed, str(damage))
            continue
        sub = -1
        for sub, line in enumerate(_not_blank([packed] if parts is None else parts)):
            yield Line(sequence, sub, arrived_at, line)
        if sub < 0:
            yield Line(sequence, 0, arrived_at, b"")


def _not_blank(parts: Sequence[bytes]) -> Iterator[bytes]:
    for part in parts:
        for line in part.split(b"\n"):
            if line.strip(b" \t\r"):
                yield line
