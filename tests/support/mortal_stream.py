"""A Kinesis stream on loopback that throttles, fails in part, is slow and goes away; it remembers what it took."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from contract.kpl import deaggregate

_SHARDS = 4
_HASHES = 2**128


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """Shares of calls (records: `fails`), from 0 to 1; `gone`: of calls that end without an answer, half of them
    after the records were taken."""

    throttles: float = 0.0
    fails: float = 0.0
    gone: float = 0.0
    slow_seconds: float = 0.0


@dataclass
class MortalStream:
    """`taken`: every line in the order in which it was taken, whatever was answered."""

    url: str
    chance: random.Random
    mood: Mood = field(default_factory=Mood)
    taken: list[bytes] = field(default_factory=list)
    under_way: int = 0
    is_away: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, seconds: float = 10.0) -> list[bytes]:
        """Wait until no call is under way; what was taken by then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                if not self.under_way:
                    return list(self.taken)
            time.sleep(0.002)
        raise AssertionError(f"{self.under_way} calls are still under way")

    def reply(self, headers: Mapping[str, str], asked: Any) -> tuple[int, Any] | None:
        """What is answered to one call; names of headers in small letters."""
        return self.answer(headers["x-amz-target"], asked)

    def answer(self, target: str, asked: Any) -> tuple[int, Any] | None:
        """Status and body; None for no answer."""
        if target.endswith("ListShards"):
            return (200, {"Shards": [_shard(n) for n in range(_SHARDS)]}) if not self.is_away else None
        with self.lock:
            drawn = self.chance.random()
            wait = self.chance.random() * self.mood.slow_seconds
            failed = [self.chance.random() < self.mood.fails for _ in asked["Records"]]
            is_taken = drawn >= self.mood.gone or drawn < self.mood.gone / 2
            is_throttled = drawn > 1 - self.mood.throttles
        time.sleep(wait)
        if self.is_away or not is_taken:
            return None
        if is_throttled:
            return 400, {"__type": "ProvisionedThroughputExceededException", "message": "slower"}
        self._take(record for record, bad in zip(asked["Records"], failed, strict=True) if not bad)
        if drawn < self.mood.gone:
            return None
        answers = [_refusal(at) if bad else _taken(asked["Records"][at]) for at, bad in enumerate(failed)]
        return 200, {"FailedRecordCount": sum(failed), "Records": answers}

    def _take(self, records: Iterator[Any]) -> None:
        lines = [line for record in records for line in _lines(base64.b64decode(record["Data"]))]
        with self.lock:
            self.taken += lines


S = TypeVar("S", bound=MortalStream)


@contextlib.contextmanager
def mortal_stream(seed: int) -> Iterator[MortalStream]:
    """For the length of the block, on a free port of loopback."""
    with serving(MortalStream(url="", chance=random.Random(seed))) as stream:
        yield stream


@contextlib.contextmanager
def serving(stream: S) -> Iterator[S]:
    """The same for a stream that is made already."""
    server = _Server(("127.0.0.1", 0), _handler(stream))
    stream.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield stream
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed is what this is for."""


def _handler(stream: MortalStream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if len(body) < int(self.headers["content-length"]):
                return  # killed while it wrote
            with stream.lock:
                stream.under_way += 1
            try:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = stream.reply(headers, json.loads(body))
            finally:
                with stream.lock:
                    stream.under_way -= 1
            if answer is None:
                self.close_connection = True
            else:
                self._say(*answer)

        def _say(self, status: int, said: Any) -> None:
            data = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None: ...

    return Handler


def _lines(data: bytes) -> list[bytes]:
    within = deaggregate(data)
    return [data] if within is None else [each.data for each in within]


def _shard(number: int) -> dict[str, Any]:
    first, last = _HASHES * number // _SHARDS, _HASHES * (number + 1) // _SHARDS - 1
    hashes = {"StartingHashKey": str(first), "EndingHashKey": str(last)}
    return {
        "ShardId": f"shardId-{number:012}",
        "HashKeyRange": hashes,
        "SequenceNumberRange": {"StartingSequenceNumber": "1"},
    }


def _taken(record: Any) -> dict[str, str]:
    digest = hashlib.md5(record["PartitionKey"].encode(), usedforsecurity=False).digest()
    at = int(record.get("ExplicitHashKey") or int.from_bytes(digest, "big"))
    return {"SequenceNumber": "1", "ShardId": f"shardId-{at * _SHARDS // _HASHES:012}"}


def _refusal(at: int) -> dict[str, str]:
    code = "InternalFailure" if at % 2 else "ProvisionedThroughputExceededException"
    return {"ErrorCode": code, "ErrorMessage": "not now"}
