"""What each side of the producers' benchmark is given, and how it is measured; a side runs in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

REGION, KEY = "us-east-1", "test"  # what the sink never looks at
AGGREGATE_BYTES = 51_200
CALL_RECORDS, CALL_BYTES = 500, 5 * 1024 * 1024
WARM_EVENTS = 2_000
T = TypeVar("T")


class Line(NamedTuple):
    """An event for a stream: as the caller of our producer has it, and with the numbers that ours adds."""

    key: str
    bare: bytes
    whole: bytes


class Measured:
    """Wall and CPU time of a block, by all threads of this process."""

    wall_seconds = cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wall_seconds = time.perf_counter() - self._wall
        self.cpu_seconds = time.process_time() - self._cpu


@dataclass(frozen=True)
class Work:
    """So many events, the given lines again and again, to the sink at `url`."""

    url: str
    events: int
    lines: Sequence[Line]
    measured: Measured = field(default_factory=Measured)

    def warm(self) -> Iterator[Line]:
        """What is sent before the measurement begins."""
        return islice(self.lines, WARM_EVENTS)

    def all(self) -> Iterator[Line]:
        return islice(cycle(self.lines), self.events)


Side = Callable[[Work], Mapping[str, Any] | None]


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def write_lines(path: Path, lines: Sequence[Line]) -> None:
    path.write_bytes(b"".join(b"%s\t%s\t%s\n" % (line.key.encode(), line.bare[:-1], line.whole[:-1]) for line in lines))


def read_lines(path: Path) -> list[Line]:
    """No line has a tab: JSON escapes it."""
    rows = (row.split(b"\t") for row in path.read_bytes().splitlines())
    return [Line(key.decode(), bare + b"\n", whole + b"\n") for key, bare, whole in rows]


def main(sides: Mapping[str, Side]) -> None:
    """`<side> <url> <events> <file of lines>`: prints what was measured as JSON."""
    name, url, events, path = sys.argv[1:]
    work = Work(url=url, events=int(events), lines=read_lines(Path(path)))
    more = sides[name](work)
    measured = {"wall": work.measured.wall_seconds, "cpu": work.measured.cpu_seconds, "events": work.events}
    json.dump({**measured, **(more or {})}, sys.stdout)
