"""A server that is busy, served as the collector is: `python -m tests.support.collector_crowd PORT`."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from producers.collector.serving import serve

BUSY_SECONDS = 0.005
"""That each request takes, of the only thread."""


def busy() -> Any:
    """Answers with the number of the request."""
    served = 0

    async def application(scope: Any, receive: Any, send: Any) -> None:
        nonlocal served
        if scope["type"] == "lifespan":
            for what in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{what}.complete"})
            return
        time.sleep(BUSY_SECONDS)  # noqa: ASYNC251 - as work does
        served += 1
        body = b"%d" % served
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


if __name__ == "__main__":
    serve(
        f"{__spec__.name}:busy",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        workers=1,
        drain_seconds=1,
        log_level=logging.INFO,
    )
