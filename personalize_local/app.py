"""The emulator as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from personalize_local.admin import Admin
from personalize_local.control import everything as _control
from personalize_local.emulator import Emulator, Settings
from personalize_local.http import MAX_BODY, Answer, Handler
from personalize_local.serving import everything as _serving

_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
REGISTERED = (_control, _serving)  # importing them fills the table of operations


class Application:
    """Opens the emulator when the server starts, closes it when it ends."""

    def __init__(self, settings: Settings, *, admin: bool = False) -> None:
        self._settings = settings
        self._admin = admin
        self._emulator: Emulator | None = None
        self._handler: Handler | None = None

    async def open(self) -> Handler:
        """Within the event loop that serves; `infra/local` mounts what this returns."""
        self._emulator = Emulator(self._settings)
        await self._emulator.open()
        self._handler = Handler(self._emulator, admin=Admin(self._emulator) if self._admin else None)
        return self._handler

    async def close(self) -> None:
        if self._emulator:
            await self._emulator.close()

    async def __call__(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        assert self._handler  # noqa: S101 - the lifespan opened it
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = await self._handler.handle(scope["method"], scope["path"], headers, await _body(receive))
        await _respond(send, answer)

    async def _lifespan(self, receive: _Receive, send: _Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _body(receive: _Receive) -> bytes:
    """At most a little more than what is taken: the rest is read and dropped."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        part: bytes = message.get("body", b"")
        if size <= MAX_BODY:
            parts.append(part)
        size += len(part)
    return b"".join(parts)


async def _respond(send: _Send, answer: Answer) -> None:
    length = ("content-length", str(len(answer.body)))
    headers = [(name.encode(), value.encode()) for name, value in (*answer.headers, length)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
