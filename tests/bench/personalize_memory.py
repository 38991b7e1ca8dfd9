"""Memory of a process and of all that it starts, as its peak over a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_EVERY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes. A page that several processes share is whole in `resident` of each, and in parts in `proportional`."""

    resident: int = 0
    proportional: int = 0
    children: int = 0  # resident, of the processes below

    def larger(self, other: Memory) -> Memory:
        return Memory(
            resident=max(self.resident, other.resident),
            proportional=max(self.proportional, other.proportional),
            children=max(self.children, other.children),
        )


def memory_of(pid: int) -> Memory:
    """Now, added up over the process and those below it."""
    own, below = _of(pid), [_of(child) for child in _below(pid)]
    together = [own, *below]
    return Memory(
        resident=sum(resident for resident, _ in together),
        proportional=sum(proportional for _, proportional in together),
        children=sum(resident for resident, _ in below),
    )


class Peak:
    """The largest of each number while the block runs, looked at five times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.memory = Memory()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.memory = self.memory.larger(memory_of(self._pid))
            if self._ended.wait(_EVERY_SECONDS):
                return


def _of(pid: int) -> tuple[int, int]:
    """(resident, proportional); nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    found = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[1:])}
    return 1_024 * found.get("Rss", 0), 1_024 * found.get("Pss", 0)


def _below(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _below(child)
