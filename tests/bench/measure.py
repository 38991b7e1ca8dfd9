"""What a command costs: wall time, CPU time and memory of its process and all that it starts."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_EVERY_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int  # resident, added up over the processes; pages that two share count twice

    @classmethod
    def of_median(cls, costs: Sequence[Cost]) -> Cost:
        """The median of each number by itself."""
        return cls(
            wall_seconds=median(c.wall_seconds for c in costs),
            cpu_seconds=median(c.cpu_seconds for c in costs),
            peak_bytes=int(median(c.peak_bytes for c in costs)),
        )


def cost_of(command: Sequence[str], *, log: Path, environ: Mapping[str, str]) -> Cost:
    """Run the command to its end; raises RuntimeError with the end of its output where it fails.

    The processes are looked at ten times a second, so the last tenth of each one's CPU time may be missing.
    """
    began = time.perf_counter()
    cpu: dict[tuple[int, int], float] = {}
    peak = 0
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=dict(environ))
        while process.poll() is None:
            seen = list(_tree(process.pid))
            cpu |= {(s.pid, s.started): s.cpu_seconds for s in seen}
            peak = max(peak, sum(s.resident for s in seen))
            time.sleep(_EVERY_SECONDS)
    if process.returncode:
        end = log.read_text(errors="replace")[-2_000:]
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    return Cost(wall_seconds=time.perf_counter() - began, cpu_seconds=sum(cpu.values()), peak_bytes=peak)


@dataclass(frozen=True, slots=True)
class _Seen:
    pid: int
    parent: int
    started: int  # a pid may be used again
    cpu_seconds: float
    resident: int


def _tree(root: int) -> Iterator[_Seen]:
    processes = {seen.pid: seen for seen in _processes()}
    for seen in processes.values():
        at: _Seen | None = seen
        while at is not None and at.pid != root:
            at = processes.get(at.parent)
        if at is not None:
            yield seen


def _processes() -> Iterator[_Seen]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        fields = text.rpartition(")")[2].split()  # the name before may hold anything
        cpu_seconds = (int(fields[11]) + int(fields[12])) / _TICKS
        yield _Seen(int(folder.name), int(fields[1]), int(fields[19]), cpu_seconds, int(fields[21]) * _PAGE)
