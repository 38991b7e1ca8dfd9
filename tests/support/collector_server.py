"""A collector on a port of this machine, in a process of its own: its stream counts what it was given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from producers.collector.access import Access
from producers.collector.app import App, Rules, World
from producers.collector.asgi import Bounds, Collector
from producers.collector.intake import Line
from producers.collector.origins import Origins
from tests.support.collector_world import SHOP, WEB

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Server:
    """`url` without a slash at its end."""

    url: str
    process: subprocess.Popen[str]

    @property
    def peak_bytes(self) -> int:
        """The most memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def served(*command: str, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server that says on its error output where it listens, as uvicorn does; it is ended, and waited for."""
    asked = [sys.executable, "-m", *command]
    made = {**os.environ, **(environ or {})}
    with subprocess.Popen(asked, cwd=ROOT, env=made, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield Server(_address(process.stderr), process)
        finally:
            process.terminate()
            process.stderr.read()


def counting_server() -> Sequence[str]:
    """The command of a collector whose intake is `Counting`."""
    return ("uvicorn", "--factory", "tests.support.collector_server:counting", "--port", "0", "--no-access-log")


class Counting:
    """Takes everything, keeps nothing, and says in its metrics how much it was."""

    def __init__(self) -> None:
        self.lines = 0

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        self.lines += len(stamped) + len(foreign)

    def trouble(self) -> str:
        return ""

    def metrics(self) -> str:
        return f"lines_total {self.lines}\n"


def counting() -> Collector:
    """What uvicorn serves."""

    async def opened() -> App:
        openapi = (ROOT / "contract" / "generated" / "openapi.json").read_bytes()
        world = World(intake=Counting(), now=lambda: datetime.now(UTC), entropy=os.urandom, openapi=openapi)
        return App(world, Rules(access=Access([WEB], monotonic=lambda: 0.0), origins=Origins([SHOP])))

    async def closed() -> None:
        """Nothing to close."""

    return Collector(opened=opened, closed=closed, bounds=Bounds(held_bytes=16 * 1024**2, body_seconds=2))


def _address(output: Iterator[str]) -> str:
    said = []
    for line in output:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise RuntimeError("the server did not start:\n" + "".join(said))
