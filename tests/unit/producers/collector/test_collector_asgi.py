"""The collector before a server: bodies in parts, bounds on what is held, its life."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from contract.codec import encode
from contract.errors import ConfigurationError, TransientError
from producers.collector.asgi import Bounds, Collector
from producers.collector.producer_intake import ProducerIntake
from producers.sdk.metrics import Snapshot
from tests.factories import event
from tests.support.collector_world import KEY, CollectorWorld

pytestmark = pytest.mark.unit

GOOD = encode(event()).rstrip()


class Served:
    """A collector that was started, and what happened to it."""

    def __init__(self, **bounds: Any) -> None:
        self.world = CollectorWorld()
        self.life: list[str] = []
        self.collector = Collector(opened=self._opened, closed=self._closed, bounds=Bounds(**bounds))

    async def _opened(self) -> Any:
        self.life.append("opened")
        return self.world.app

    async def _closed(self) -> None:
        self.life.append("closed")

    async def post(self, *messages: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
        """What a server would send, of a request that comes in these messages; silence follows."""
        waiting, sent = list(messages), []

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(dict(message))

        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/events",
            "query_string": b"",
            "headers": [(b"x-write-key", KEY), *named],
            "client": ("127.0.0.1", 1),
        }
        await self.collector(scope, receive, send)
        return sent

    async def live(self) -> None:
        """From startup to shutdown."""
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            self.life.append(message["type"])

        await self.collector({"type": "lifespan"}, receive, send)


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def asked(served: Served, *messages: dict[str, Any], **headers: str) -> tuple[int, dict[bytes, bytes], Any]:
    async def run() -> list[dict[str, Any]]:
        await served.live()
        return await served.post(*messages, **headers)

    start, body = asyncio.run(run())
    return start["status"], dict(start["headers"]), json.loads(body["body"])


def test_a_body_may_come_in_parts() -> None:
    status, headers, said = asked(Served(), part(GOOD[:9], more=True), part(b"", more=True), part(GOOD[9:]))

    assert (status, said) == (202, {"accepted": 1, "rejected": 0, "results": []})
    assert headers == {b"content-type": b"application/json", b"content-length": b"40"}


def test_the_collector_lives_as_long_as_its_server() -> None:
    served = Served()

    asyncio.run(served.live())

    assert served.life == ["opened", "lifespan.startup.complete", "closed", "lifespan.shutdown.complete"]


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    large = [part(bytes(600_000), more=True)] * 100

    assert asked(Served(), *large)[0] == 413
    status, headers, _ = asked(Served(), part(b"", more=True), content_length="1000001")
    assert (status, headers[b"connection"]) == (413, b"close")
    assert asked(Served(), part(b"", more=True), content_length="9" * 5_000)[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    assert asked(Served(body_seconds=0.01), part(b"[", more=True))[0] == 408


def test_a_client_that_goes_gets_no_answer() -> None:
    served = Served()

    async def run() -> list[dict[str, Any]]:
        await served.live()
        return await served.post(part(b"[", more=True), {"type": "http.disconnect"})

    assert asyncio.run(run()) == []


def test_what_is_held_is_bounded_and_given_back() -> None:
    served = Served(held_bytes=200_000, body_seconds=0.05)

    async def run() -> list[int]:
        await served.live()
        slow = [served.post(part(bytes(60_000), more=True)) for _ in range(5)]
        crowded = [sent[0]["status"] for sent in await asyncio.gather(*slow)]
        alone = await served.post(part(GOOD + b" " * 150_000))
        return [*crowded, alone[0]["status"]]

    assert asyncio.run(run()) == [408, 408, 408, 503, 503, 202]


def test_nothing_but_http_is_spoken() -> None:
    async def run() -> None:
        await Served().collector({"type": "websocket"}, None, None)  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="websocket"):
        asyncio.run(run())


class Acknowledged:
    """A producer whose receipts end as they are told: an error, or after some seconds."""

    def __init__(self, *, error: Exception | None = None, seconds: float = 0.0, held_bytes: int = 0) -> None:
        self._error = error
        self._seconds = seconds
        self._held_bytes = held_bytes
        self.given: list[Any] = []

    def send_raw_many(self, lines: Sequence[tuple[str, bytes]]) -> Any:
        self.given.append(list(lines))
        return self._receipt()

    def put_foreign(self, key: str, line: bytes) -> Any:
        self.given.append((key, line))
        return self._receipt()

    async def _receipt(self) -> None:
        await asyncio.sleep(self._seconds)
        if self._error is not None:
            raise self._error

    def metrics(self) -> Snapshot:
        return Snapshot(producer_id="p-1", held_bytes=self._held_bytes)


def intake(producer: Acknowledged, *, can_write: bool = True) -> ProducerIntake:
    return ProducerIntake(producer, answer_seconds=0.02, memory_bytes=100, can_write=lambda: can_write)


def test_what_the_producer_acknowledged_is_accepted() -> None:
    producer = Acknowledged()

    asyncio.run(intake(producer).accept([("u", b"1\n"), ("v", b"2\n")], [("bad", b"3\n")]))

    assert producer.given == [[("u", b"1\n"), ("v", b"2\n")], ("bad", b"3\n")]


@pytest.mark.parametrize(
    "producer",
    [
        Acknowledged(error=TransientError("memory is full")),
        Acknowledged(error=ConfigurationError("no such stream")),
        Acknowledged(seconds=5),
    ],
    ids=["transient", "refused", "slow"],
)
def test_what_it_did_not_is_not(producer: Acknowledged) -> None:
    with pytest.raises(TransientError):
        asyncio.run(intake(producer).accept([("u", b"1\n")], []))


def test_ready_means_that_there_is_room() -> None:
    assert intake(Acknowledged(held_bytes=89)).trouble() == ""
    assert "memory" in intake(Acknowledged(held_bytes=90)).trouble()
    assert "spool" in intake(Acknowledged(), can_write=False).trouble()
    assert "clickstream_producer_held_bytes 7\n" in intake(Acknowledged(held_bytes=7)).metrics()
