"""Spools for tests: frames that tell their number, and what of them comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.files import DiskFiles, Files
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.spool import Spool
from tests.factories import FakeClock

PRODUCER = "web-1"
SMALL = 64 * 1024  # the smallest segment


def frame(number: int, *, size: int = 0) -> Frame:
    """Of one line, `size` bytes long at least, and of no other number's bytes."""
    return Frame(((f"u-{number}", b'{"n":%d}' % number + b" " * size + b"\n"),), number, 0)


def directory(
    root: Path, *, clock: FakeClock | None = None, files: Files | None = None, **limits: int
) -> SpoolDirectory:
    machine = Machine(clock=clock or FakeClock(), files=files or DiskFiles())
    return SpoolDirectory(root, **{"segment_bytes": SMALL, **limits}, machine=machine)


def held(spool: Spool) -> list[Frame]:
    """All that is not forgotten, read bit by bit."""
    found: list[Frame] = []
    at = None
    while read := spool.read(at, 1):
        found += [each for _, each in read]
        at = read[-1][0]
    return found


def dead(root: Path, frames: list[Frame], *, forgotten: int = 0) -> None:
    """Leave what a producer leaves that was killed after it wrote these frames and delivered the first of them."""
    spool = directory(root).open(PRODUCER)
    positions = [spool.append(each) for each in frames]
    if forgotten:
        spool.forget(positions[forgotten - 1])
    spool._lock.close()


def adopted(root: Path, clock: FakeClock | None = None) -> Spool:
    """The only orphan."""
    [spool] = directory(root, clock=clock).adopt()
    return spool


@contextmanager
def other_process(script: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Python of this tree that runs until the block ends; its first line of output was read."""
    command = [sys.executable, "-c", script, *args]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
