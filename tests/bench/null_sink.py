"""A Kinesis that keeps nothing: it tells each record its shard, and reads no more of a request than that."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from producers.sdk.kinesis import cbor
from producers.sdk.memory import even_shards

SHARDS: Final = even_shards(4)
_WORD: Final = b"PartitionKey"
_HASH_WORD: Final = b"ExplicitHashKey"
_LONGEST: Final = 512  # bytes from a key's name to the end of what belongs to it
_ROOM: Final = 1 << 18  # read at once: it stays in the processor's cache
_HEAD_END: Final = b"\r\n\r\n"
_NUMBER: Final = "49545115243490985018280067714973144582180062593244200961"
_LISTED: Final = [
    {
        "ShardId": shard.id,
        "HashKeyRange": {"StartingHashKey": str(shard.first_hash), "EndingHashKey": str(shard.last_hash)},
        "SequenceNumberRange": {"StartingSequenceNumber": "1"},
    }
    for shard in SHARDS
]
_DESCRIBED: Final = {
    "StreamName": "events",
    "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/events",
    "StreamStatus": "ACTIVE",
    "Shards": _LISTED,
    "HasMoreShards": False,
    "RetentionPeriodHours": 24,
    "StreamCreationTimestamp": 1,
    "EnhancedMonitoring": [],
}
_OTHERS: Final[Mapping[bytes, Any]] = {
    b"ListShards": {"Shards": _LISTED},
    b"DescribeStream": {"StreamDescription": _DESCRIBED},
}


def encoded(value: Any, *, in_cbor: bool) -> bytes:
    if not in_cbor:
        return json.dumps(value, separators=(",", ":")).encode()
    match value:
        case str():
            return cbor.text(value)
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return cbor.head(0, value)
        case list():
            return cbor.head(cbor.ARRAY, len(value)) + b"".join(encoded(each, in_cbor=True) for each in value)
    pairs = (encoded(part, in_cbor=True) for pair in value.items() for part in pair)
    return cbor.head(cbor.MAP, len(value)) + b"".join(pairs)


_TAKEN: Final = {
    in_cbor: [encoded({"SequenceNumber": _NUMBER, "ShardId": shard.id}, in_cbor=in_cbor) for shard in SHARDS]
    for in_cbor in (False, True)
}


def taken(lanes: list[int], *, in_cbor: bool) -> bytes:
    """That all records were taken, each by the shard with this number."""
    each = _TAKEN[in_cbor]
    if in_cbor:
        start = cbor.head(cbor.MAP, 2) + cbor.text("FailedRecordCount") + b"\x00" + cbor.text("Records")
        return start + cbor.head(cbor.ARRAY, len(lanes)) + b"".join([each[lane] for lane in lanes])
    return b'{"FailedRecordCount":0,"Records":[' + b",".join([each[lane] for lane in lanes]) + b"]}"


class _Counts:
    """What was asked of the whole sink."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = self.records = self.bytes = 0

    def add(self, records: int, size: int) -> None:
        with self._lock:
            self.calls += 1
            self.records += records
            self.bytes += size


class _Connection:
    """Requests one after another; a body is looked through as it comes, in a window that slides over it."""

    def __init__(self, connection: socket.socket, counts: _Counts) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._counts = counts
        self._window = bytearray(2 * _ROOM)
        self._view = memoryview(self._window)
        self._at = self._end = 0

    def serve(self) -> None:
        try:
            while True:
                self._answer()
        except (ConnectionError, EOFError):
            self._socket.close()

    def _answer(self) -> None:
        while (end := self._window.find(_HEAD_END, self._at, self._end)) < 0:
            self._more(_ROOM)
        head = bytes(self._window[self._at : end]).lower()
        self._at = end + len(_HEAD_END)
        size = int(_header(head, b"content-length") or 0)
        in_cbor = b"cbor" in _header(head, b"content-type")
        operation = _header(head, b"x-amz-target").rpartition(b".")[2]
        lanes = list(self._lanes(size))
        if operation == b"putrecords":
            self._counts.add(len(lanes), size)
            body = taken(lanes, in_cbor=in_cbor)
        elif head.startswith(b"get /stats"):
            counts = self._counts
            figures = {"calls": counts.calls, "records": counts.records, "bytes": counts.bytes}
            body = json.dumps({**figures, "cpu_seconds": time.process_time()}).encode()
        else:
            [found] = (answer for name, answer in _OTHERS.items() if name.lower() == operation)
            body = encoded(found, in_cbor=in_cbor)
        kind = "cbor" if in_cbor else "json"
        start = f"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-{kind}-1.1\r\ncontent-length: {len(body)}\r\n\r\n"
        self._socket.sendall(start.encode() + body)

    def _more(self, most: int) -> int:
        """How many bytes came; what lies before `_at` is given up for them."""
        if len(self._window) - self._end < _ROOM:
            kept = self._end - self._at
            self._window[:kept] = self._window[self._at : self._end]
            self._at, self._end = 0, kept
        count = self._socket.recv_into(self._view[self._end : self._end + min(most, _ROOM)])
        if not count:
            raise EOFError
        self._end += count
        return count

    def _lanes(self, size: int) -> Iterator[int]:
        """The shard of each record of the body, which is gone afterwards."""
        left = size - (self._end - self._at)
        while True:
            found = self._window.find(_WORD, self._at, self._end)
            if found >= 0 and (self._end - found >= _LONGEST or left <= 0):
                yield self._lane(found + len(_WORD))
                self._at = found + len(_WORD)
                continue
            self._at = found if found >= 0 else max(self._at, self._end - len(_WORD))
            if left <= 0:
                break
            left -= self._more(left)
        self._at = self._end + min(left, 0)

    def _lane(self, after: int) -> int:
        text = bytes(self._window[after : after + _LONGEST])
        if text.startswith(b'"'):
            _, _, key, rest = text.split(b'"', 3)
            if rest.lstrip(b', "').startswith(_HASH_WORD):
                return int(rest.split(b'"')[3]) >> 126
        else:
            short = text[0] != 0x78  # else its length is the next byte
            key = text[1 : 1 + text[0] - 0x60] if short else text[2 : 2 + text[1]]
        return hashlib.md5(key, usedforsecurity=False).digest()[0] >> 6


def _header(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip() if found else b""


def main() -> None:
    """Says its port and serves until its standard input ends."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    counts = _Counts()

    def accept() -> None:
        while True:
            connection = _Connection(listening.accept()[0], counts)
            threading.Thread(target=connection.serve, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
