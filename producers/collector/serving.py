"""uvicorn as the collector runs it: its settings, and listeners that take many connections at once."""

from __future__ import annotations

from contextlib import suppress
from socket import socket

import uvicorn
from uvicorn.supervisors import Multiprocess

from producers.collector.joined_writes import JoiningProtocol

_KEEP_ALIVE = 75  # seconds; longer than a load balancer keeps a connection that is silent (60)
# uvloop takes one connection from a listener each time around, and once around is long where many connections are
# busy: others would wait for seconds, the load balancer's question whether we live among them.
_LISTENERS = 16


def serve(application: str, *, host: str, port: int, workers: int, drain_seconds: int, log_level: int) -> None:
    """Serve what the factory of this name makes, until SIGTERM. Raises SystemExit where it cannot be served."""
    config = uvicorn.Config(
        application,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=JoiningProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level=log_level,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=drain_seconds,
    )
    listeners = _listeners(config.bind_socket())
    if workers > 1:
        Multiprocess(config, listeners).run()
        return
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(listeners)


def _listeners(first: socket) -> list[socket]:
    """The same one many times over."""
    return [first, *(first.dup() for _ in range(_LISTENERS - 1))]
