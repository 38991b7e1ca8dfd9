"""The server: `python -m producers.collector`, told by COLLECTOR_… variables (`producers.collector.settings`)."""

from __future__ import annotations

import os

import botocore.session

from producers.collector.asgi import Collector
from producers.collector.logs import configure_logs
from producers.collector.serving import serve
from producers.collector.settings import ServerSettings, load_settings
from producers.collector.worker import Worker
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.settings import ProducerSettings


def worker() -> Worker:
    """One of the server's processes, not begun yet."""
    configure_logs(os.environ)
    settings, clock = load_settings(ServerSettings, os.environ), SystemClock()

    def stream() -> SignedKinesis:
        session = botocore.session.get_session()
        senders = ProducerSettings().senders
        return SignedKinesis.of_session(session, settings.stream, connections=senders, clock=clock)

    return Worker(settings, stream=stream, clock=clock)


def application() -> Collector:
    """What uvicorn asks for by name, in each worker."""
    return worker().application()


def main() -> None:
    settings = load_settings(ServerSettings, os.environ)
    worker().check()  # what cannot work fails here, once, and not in each worker
    serve(
        "producers.collector.__main__:application",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        drain_seconds=settings.drain_seconds,
        log_level=configure_logs(os.environ),
    )


if __name__ == "__main__":
    main()
