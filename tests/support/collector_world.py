"""A collector without a server: its requests are calls, its stream is a list."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from contract.errors import TransientError
from contract.write_keys import WriteKey
from producers.collector.access import Access
from producers.collector.app import App, Rules, World
from producers.collector.http import Request, Response
from producers.collector.intake import Line
from producers.collector.origins import Origins
from tests.factories import FakeClock

SHOP = "https://shop.example"
KEY = b"open sesame"
WEB = WriteKey(name="web", sha256=hashlib.sha256(KEY).hexdigest())
ENTROPY = bytes(range(10))


class MemoryIntake:
    """Keeps what it accepts, or refuses all of it for the reason given."""

    def __init__(self) -> None:
        self.stamped: list[Line] = []
        self.foreign: list[Line] = []
        self.refuses = ""

    async def accept(self, stamped: Sequence[Line], foreign: Sequence[Line]) -> None:
        if self.refuses:
            raise TransientError(self.refuses)
        self.stamped += stamped
        self.foreign += foreign

    def trouble(self) -> str:
        return self.refuses

    def metrics(self) -> str:
        return "clickstream_producer_sent_total 1\n"


class CollectorWorld:
    """The app of a shop with one write key; `rules` override what it was told."""

    def __init__(self, *keys: WriteKey, **rules: Any) -> None:
        self.clock = FakeClock()
        self.intake = MemoryIntake()
        told = {
            "access": Access(keys or [WEB], monotonic=self.clock.monotonic),
            "origins": Origins([SHOP]),
            **rules,
        }
        world = World(intake=self.intake, now=self.clock.now, entropy=lambda size: ENTROPY[:size], openapi=b"{}")
        self.app = App(world, Rules(**told))

    def ask(self, method: str, path: str, **parts: Any) -> Response:
        headers = parts.pop("headers", {})
        return asyncio.run(self.app.respond(Request(method=method, path=path, headers=headers, **parts)))

    def post(self, body: bytes, **headers: bytes) -> Response:
        """With the write key, as JSON; `headers` by their names with underscores."""
        named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        sent = {b"x-write-key": KEY, b"content-type": b"application/json", **named}
        return self.ask("POST", "/v1/events", headers=sent, body=body)

    def lines(self) -> list[dict[str, Any]]:
        """What was accepted, as values."""
        return [json.loads(line) for _, line in self.intake.stamped]


def said(response: Response) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    return response.status, json.loads(response.body)


def header(response: Response, name: bytes) -> bytes | None:
    return dict(response.headers).get(name)
