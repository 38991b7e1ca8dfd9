"""What moves through the lanes: lines that are told of together, the records that they become, and calls."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from contract.joined import Joined
from producers.sdk.limits import MAX_BYTES, MAX_RECORDS
from producers.sdk.stream import Record


class Load:
    """Lines that came together and are told of together, once each was delivered or given up."""

    __slots__ = ("deadline", "failures", "keys", "left", "lines")

    def __init__(self, keys: Sequence[bytes], lines: Sequence[bytes], *, deadline: float) -> None:
        """`keys`: of each line its partition key's UTF-8. `deadline`: when to give up; never where it is infinite."""
        self.keys = Joined.of(keys)
        self.lines = Joined.of(lines)
        self.deadline = deadline
        self.left = len(lines)  # neither delivered nor given up
        self.failures: dict[int, Exception] = {}  # by the line's place: why it was given up


@dataclass(slots=True)
class Run:
    """Some lines of a load, by their places, in order."""

    load: Load
    places: array[int]

    @classmethod
    def whole(cls, load: Load) -> Run:
        return cls(load, array("I", range(len(load.lines))))

    def split(self, count: int) -> tuple[Run, Run]:
        return Run(self.load, self.places[:count]), Run(self.load, self.places[count:])


@dataclass(slots=True, kw_only=True)
class Packed:
    """A record on its way, and whose lines it holds."""

    record: Record
    size: int  # as Kinesis counts it
    runs: tuple[Run, ...]
    lane: int
    version: int  # of the map by which it has this lane
    shard_id: str | None  # whose lane this is; None where it may go to any
    attempts: int = 0
    due: float = 0.0  # not before

    @property
    def lines(self) -> int:
        return sum(len(run.places) for run in self.runs)

    @property
    def deadline(self) -> float:
        return min(run.load.deadline for run in self.runs)


@dataclass(slots=True)
class Call:
    """What one PutRecords takes."""

    packed: list[Packed] = field(default_factory=list)
    size: int = 0

    @property
    def records(self) -> Sequence[Record]:
        return [packed.record for packed in self.packed]

    @property
    def lines(self) -> int:
        return sum(packed.lines for packed in self.packed)

    @property
    def is_full(self) -> bool:
        return len(self.packed) >= MAX_RECORDS

    def has_room(self, size: int) -> bool:
        return len(self.packed) < MAX_RECORDS and self.size + size <= MAX_BYTES

    def add(self, packed: Packed) -> None:
        self.packed.append(packed)
        self.size += packed.size
