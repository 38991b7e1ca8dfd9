"""The collector as an ASGI application, without a framework: for uvicorn and its like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from msgspec import Struct

from contract.events import MAX_BODY_BYTES
from producers.collector.app import App
from producers.collector.http import Request, Response
from producers.collector.problems import Problem, problem_response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CLOSE = (b"connection", b"close")
_PER_REQUEST = 4_096  # bytes that a request without a body costs, about


class Bounds(Struct, frozen=True, kw_only=True):
    """`held_bytes`: of bodies in memory. `body_seconds`: how long one may take to come. Proxies as in the settings."""

    held_bytes: int = 64 * 1024**2
    body_seconds: float = 20.0
    trusted_proxies: int = 0
    retry_after: int = 2


class Collector:
    """`opened` is awaited at the start and gives the App; `closed` at the end, when no request runs any more."""

    def __init__(
        self,
        *,
        opened: Callable[[], Awaitable[App]],
        closed: Callable[[], Awaitable[None]],
        bounds: Bounds,
    ) -> None:
        self._opened = opened
        self._closed = closed
        self.bounds = bounds
        self.held = 0
        """Bytes of the requests that run."""
        self._app: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        # Thousands of requests a second pass here: no call that is not needed.
        if scope["type"] != "http":
            await self._live(scope, receive, send)
            return
        if self._app is None:
            raise RuntimeError("the server did not start the collector's lifespan")
        held = _Held(self)
        try:
            message = await receive()
            body = held.part(message)
            if message.get("more_body"):
                body = await self._rest(body, scope, receive, held)
            response = await self._app.respond(_request(scope, body, self.bounds.trusted_proxies))
        except Problem as problem:
            self._app.metrics.answers["body", problem.status] += 1
            response = problem_response(problem)
        except ClientGoneError:
            return
        finally:
            self.held -= held.size
        await send({"type": "http.response.start", "status": response.status, "headers": _headers(response)})
        await send({"type": "http.response.body", "body": response.body})

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        """From startup to shutdown."""
        if scope["type"] != "lifespan":
            raise ValueError(f"the collector speaks HTTP alone, not {scope['type']}")
        await receive()
        self._app = await self._opened()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._closed()
        await send({"type": "lifespan.shutdown.complete"})

    async def _rest(self, first: bytes, scope: Message, receive: Receive, held: _Held) -> bytes:
        """The whole of a body that comes in parts."""
        _refuse_announced(scope)
        parts, is_more = [first], True
        try:
            async with asyncio.timeout(self.bounds.body_seconds):
                while is_more:
                    message = await receive()
                    parts.append(held.part(message))
                    is_more = message.get("more_body", False)
        except TimeoutError:
            raise Problem(408, "the body did not come in time", headers=[_CLOSE]) from None
        return b"".join(parts)


class ClientGoneError(Exception):
    """The client closed its connection before the request was whole."""


class _Held:
    """What one request has counted of the memory that all share."""

    __slots__ = ("_collector", "size")

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self.size = 0

    def part(self, message: Message) -> bytes:
        """The part's bytes, counted; raises `Problem` where the body, or all bodies, are too large."""
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        size, collector = len(part) + (0 if self.size else _PER_REQUEST), self._collector
        if self.size + size > MAX_BODY_BYTES + _PER_REQUEST:
            raise Problem(413, f"the body has more than {MAX_BODY_BYTES} bytes", headers=[_CLOSE])
        if collector.held + size > collector.bounds.held_bytes:
            wait = collector.bounds.retry_after
            raise Problem(503, "too many requests at once", retry_after=wait, headers=[_CLOSE])
        collector.held += size
        self.size += size
        return part


def _refuse_announced(scope: Message) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > MAX_BODY_BYTES:
            raise Problem(413, f"the body has more than {MAX_BODY_BYTES} bytes", headers=[_CLOSE])


def _request(scope: Message, body: bytes, trusted_proxies: int) -> Request:
    peer = scope["client"]
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=dict(scope["headers"]),
        query=scope["query_string"],
        body=body,
        client_ip=client_ip(peer[0] if peer else "", scope["headers"], trusted_proxies),
    )


def client_ip(peer: str, headers: list[tuple[bytes, bytes]], trusted_proxies: int) -> str:
    """Who asked: `peer`, or, behind so many proxies of ours, the address that the first of them saw.

    What stands further left in X-Forwarded-For is the client's own word, and is not believed.
    """
    if not trusted_proxies:
        return peer
    said = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
    hops = [hop.strip() for hop in said.split(",") if hop.strip()]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else peer


def _headers(response: Response) -> list[tuple[bytes, bytes]]:
    if response.status == 204:  # noqa: PLR2004 - no content, no length
        return [*response.headers]
    return [*response.headers, (b"content-length", b"%d" % len(response.body))]
