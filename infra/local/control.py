"""The endpoint's own paths, `/_clickstream/*`, in front of ministack's application."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from contract.errors import ConfigurationError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/_clickstream/"
_MOST_BODY_BYTES = 65_536


class Controlled(Protocol):
    """What the control paths act on."""

    def health(self) -> dict[str, Any]:
        """What each runner is doing."""
        ...

    def drain(self) -> dict[str, Any]:
        """Deliver and run what is waiting."""
        ...

    def faults(self, document: Any) -> dict[str, Any]:
        """Order faults, for tests; raises `ConfigurationError`."""
        ...


def with_control(application: Application, runners: Controlled, *, started: Callable[[], None]) -> Application:
    """`application` with the control paths; `started` is called once it is up, its state restored."""

    async def controlled(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await _answer(scope, receive, send, runners)
        elif scope["type"] == "lifespan":
            await application(scope, receive, _after_startup(send, started))
        else:
            await application(scope, receive, send)

    return controlled


def _after_startup(send: Send, started: Callable[[], None]) -> Send:
    async def notice(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "lifespan.startup.complete":
            started()
        await send(message)

    return notice


async def _answer(scope: Scope, receive: Receive, send: Send, runners: Controlled) -> None:
    async def faults() -> dict[str, Any]:
        return runners.faults(json.loads(await _body(receive) or b"{}"))

    handlers: dict[tuple[str, str], Callable[[], Awaitable[dict[str, Any]]]] = {
        ("GET", "health"): lambda: asyncio.to_thread(runners.health),
        ("POST", "drain"): lambda: asyncio.to_thread(runners.drain),
        ("POST", "faults"): faults,
    }
    handler = handlers.get((scope["method"], scope["path"].removeprefix(PREFIX)))
    if handler is None:
        known = ", ".join(f"{method} {PREFIX}{name}" for method, name in handlers)
        await _send_json(send, 404, {"error": f"there are: {known}"})
        return
    try:
        await _send_json(send, 200, await handler())
    except (ConfigurationError, json.JSONDecodeError) as error:
        await _send_json(send, 400, {"error": str(error)})
    except Exception as error:  # noqa: BLE001 - the caller must see why, whatever it is
        await _send_json(send, 500, {"error": f"{type(error).__name__}: {error}"})


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while len(body) <= _MOST_BODY_BYTES:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body
    raise ConfigurationError(f"a request body has at most {_MOST_BODY_BYTES} bytes")


async def _send_json(send: Send, status: int, body: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
