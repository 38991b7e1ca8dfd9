"""Requests on a collector at a chosen rate, whether it keeps up or not, and what became of each."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_GIVE_UP = 30.0  # seconds without an answer


@dataclass
class Offered:
    """`statuses`: of answers, "none" where a connection ended without one. `mute`: 429s and 503s without Retry-After.

    `acknowledged`: requests, by their numbers. `missed`: requests that no connection was free for when they were due.
    """

    events_each: int
    sent: int = 0
    missed: int = 0
    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    mute: int = 0
    acknowledged: set[int] = field(default_factory=set)

    def event_ids(self) -> set[bytes]:
        """Of the events that were acknowledged."""
        return {b"r%d-%d" % (number, at) for number in self.acknowledged for at in range(self.events_each)}


def request(number: int, events: int, *, write_key: str, occurred_at: str) -> bytes:
    """One POST; its events' ids tell the request's number and their place in it."""
    lines = [
        f'{{"event_id":"r{number}-{at}","event_type":"view","occurred_at":"{occurred_at}","user_id":"u-{number % 97}",'
        f'"item_id":"i-{at}","context":{{"page":"https://shop.example/items/{at}?campaign=november"}}}}'
        for at in range(events)
    ]
    body = f"[{','.join(lines)}]".encode()
    head = f"POST /v1/events HTTP/1.1\r\nhost: c\r\ncontent-type: application/json\r\nx-write-key: {write_key}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Load:
    """`requests_a_second`, for as long as `until` is not set; every request goes when it is due."""

    def __init__(
        self, port: int, *, requests_a_second: float, events_each: int, connections: int, write_keys: list[str]
    ) -> None:
        """`write_keys` take turns."""
        self._port = port
        self._rate = requests_a_second
        self._connections = connections
        self._write_keys = write_keys
        self._occurred_at = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._free: asyncio.Queue[_Connection] = asyncio.Queue()
        self.until = threading.Event()
        self.offered = Offered(events_each)

    async def run(self) -> None:
        connections = [_Connection(self._port) for _ in range(self._connections)]
        for connection in connections:
            self._free.put_nowait(connection)
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            while not self.until.is_set():
                due = int((time.monotonic() - began) * self._rate)
                for _ in range(due - self.offered.sent - self.offered.missed):
                    self._one(tasks)
                await asyncio.sleep(0.002)
            self.offered.seconds = time.monotonic() - began
        for connection in connections:
            connection.close()

    def _one(self, tasks: asyncio.TaskGroup) -> None:
        if self._free.empty():
            self.offered.missed += 1
            return
        self.offered.sent += 1
        tasks.create_task(self._ask(self._free.get_nowait(), self.offered.sent))

    async def _ask(self, connection: _Connection, number: int) -> None:
        offered = self.offered
        key = self._write_keys[number % len(self._write_keys)]
        asked = request(number, offered.events_each, write_key=key, occurred_at=self._occurred_at)
        try:
            async with asyncio.timeout(_GIVE_UP):
                status, head = await connection.ask(asked)
        except (OSError, EOFError, TimeoutError):
            connection.close()
            status, head = "none", b""
        offered.statuses[status] += 1
        if status == "202":
            offered.acknowledged.add(number)
        elif status in {"429", "503"} and b"\r\nretry-after: " not in head.lower():
            offered.mute += 1
        self._free.put_nowait(connection)


class _Connection:
    """Opened at its first request, and again at the next one after it ended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, asked: bytes) -> tuple[str, bytes]:
        """The answer's status and head. Raises OSError or EOFError where there is none."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        low = head.lower()
        length = int(low.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0] or b"0")
        await reader.readexactly(length)
        if b"\r\nconnection: close" in low:
            self.close()
        return head[9:12].decode(), head

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


@contextmanager
def under(load: Load) -> Iterator[Offered]:
    """Load for the length of the block; every request has its answer, or its end, behind it."""
    thread = threading.Thread(target=lambda: asyncio.run(load.run()), daemon=True)
    thread.start()
    try:
        yield load.offered
    finally:
        load.until.set()
        thread.join(_GIVE_UP + 10)
