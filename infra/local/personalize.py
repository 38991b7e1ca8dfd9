"""The Personalize emulator on the endpoint's own port, in front of ministack, which has no Personalize."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from infra.local.control import Application, Receive, Scope, Send
from infra.local.server_settings import ServerSettings
from personalize_local.app import Application as Personalize
from personalize_local.emulator import Settings

# All three services sign by this name; an unsigned request is known by its target.
_SIGNED_FOR = b"/personalize/aws4_request"
_TARGET = b"AmazonPersonalize."


def personalize(settings: ServerSettings) -> Personalize:
    """Its jobs find S3 at the endpoint, by the process's environment."""
    return Personalize(Settings(data=settings.state / "personalize"), admin=True)


def with_personalize(application: Application, emulator: Personalize) -> Application:
    """`application`, with the three services' requests answered by the emulator."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_personalize(scope["path"], scope["headers"]):
            await emulator(scope, receive, send)
        elif scope["type"] == "lifespan":
            await emulator.open()
            await application(scope, receive, _closing(emulator, send))
        else:
            await application(scope, receive, send)

    return routed


def _closing(emulator: Personalize, send: Send) -> Send:
    async def closing(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "lifespan.shutdown.complete":
            await emulator.close()
        await send(message)

    return closing


def _is_personalize(path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    if path.startswith("/_personalize/"):
        return True
    return any(
        (name == b"authorization" and _SIGNED_FOR in value) or (name == b"x-amz-target" and value.startswith(_TARGET))
        for name, value in headers
    )
