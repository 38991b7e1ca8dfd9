"""The targets of a load, made of what was typed and of what is deployed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Final

import botocore.session

from contract.errors import ConfigurationError
from operations.connecting import connected
from operations.send.asked import COLLECTOR, LoadAsked
from operations.send.running import Target
from operations.send.to_collector import CollectorTarget
from operations.send.to_sdk import SdkTarget
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory

CONNECTIONS: Final = 8
_LOCAL_API: Final = re.compile(r"https?://([0-9a-f]+)\.execute-api\.127\.0\.0\.1(?::\d+)?")


@contextlib.contextmanager
def target_of(asked: LoadAsked) -> Iterator[Target]:
    """Reachable for the length of the block; what the SDK took is on the stream, or in the spool, at its end."""
    if asked.to == COLLECTOR and asked.url:
        with _collector(asked, asked.url) as target:
            yield target
        return
    with connected(asked.stage) as deployment:
        if asked.to == COLLECTOR:
            with _collector(asked, reachable(deployment.collector_url, os.environ)) as target:
                yield target
        else:
            with producer_of(asked, deployment.stream_name) as producer:
                spooled = f", spool in {asked.spool}" if asked.spool else ""
                yield SdkTarget(producer, name=f"SDK to stream {deployment.stream_name}{spooled}")


def reachable(url: str, environ: Mapping[str, str]) -> str:
    """Where the HTTP API of a deployment answers: the local endpoint's are below its own address.

    Raises `ConfigurationError` where the stage has none.
    """
    if not url:
        raise ConfigurationError("this stage has no HTTP API (--collector lambda): say where the collector is by --url")
    local = _LOCAL_API.fullmatch(url)
    return f"{environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{local[1]}/$default" if local else url


def _collector(asked: LoadAsked, url: str) -> contextlib.closing[CollectorTarget]:
    connections = CONNECTIONS if asked.connections is None else asked.connections
    return contextlib.closing(CollectorTarget(url, write_key=asked.write_key, connections=connections))


def producer_of(asked: LoadAsked, stream_name: str) -> EventProducer:
    """What a service would have, but for memory that is full: one that waited would hold up all that falls due."""
    clock = SystemClock()
    settings = ProducerSettings(overflow="raise")
    return EventProducer(
        SignedKinesis.of_session(
            botocore.session.get_session(), stream_name, connections=settings.senders, clock=clock
        ),
        clock=clock,
        producer_id=new_producer_id("load"),
        settings=settings,
        spool=SpoolDirectory(asked.spool) if asked.spool else None,
    )
