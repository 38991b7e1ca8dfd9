"""Load on an HTTP server: requests serialised beforehand, so that it is the server that is measured."""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of it. Milliseconds are from a request's first byte out to its answer's last byte in."""

    seconds: float
    milliseconds: Sequence[float]
    statuses: dict[str, int]

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def post(path: str, body: object) -> bytes:
    """One request, as bytes."""
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(payload)}\r\n\r\n".encode() + payload


class _Connection:
    """One request under way at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._began = 0.0

    def send(self, request: bytes) -> None:
        self._received = b""
        self._began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[str, float] | None:
        """Status and milliseconds once the answer is whole."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server closed the connection")
        self._received += part
        head, found, body = self._received.partition(_HEAD_END)
        if not found or len(body) < _length(head):
            return None
        return head[9:12].decode(), 1_000 * (time.perf_counter() - self._began)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def run(port: int, requests: Sequence[bytes], *, connections: int, count: int) -> Load:
    """Send `count` requests, those given again and again, over so many connections, each with one under way."""
    waiting: Iterator[bytes] = cycle(requests)
    selector = selectors.DefaultSelector()
    times: list[float] = []
    statuses: dict[str, int] = {}
    began = time.perf_counter()
    for _ in range(connections):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(waiting))
    sent = connections
    while len(times) < count:
        for key, _ in selector.select():
            answered = key.data.receive()
            if answered is None:
                continue
            status, milliseconds = answered
            statuses[status] = statuses.get(status, 0) + 1
            times.append(milliseconds)
            if sent < count:
                key.data.send(next(waiting))
                sent += 1
    return Load(seconds=time.perf_counter() - began, milliseconds=times, statuses=statuses)


def main() -> None:
    """A process of its own: {port, requests, connections, count} as JSON in, a `Load` as JSON out."""
    asked = json.load(sys.stdin)
    requests = [post(path, body) for path, body in asked["requests"]]
    load = run(asked["port"], requests, connections=asked["connections"], count=asked["count"])
    json.dump({"seconds": load.seconds, "milliseconds": load.milliseconds, "statuses": load.statuses}, sys.stdout)


if __name__ == "__main__":
    main()
