"""The short way to a producer: what a service asks for in one call."""

from __future__ import annotations

from pathlib import Path

import botocore.session

from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory


def connect(
    stream: str,
    *,
    name: str,
    spool: Path | SpoolDirectory | None = None,
    settings: ProducerSettings | None = None,
    endpoint_url: str | None = None,
) -> EventProducer:
    """A producer that puts events on this Kinesis stream. `name`: the program's, with which its `producer_id` begins.

    With `spool`, a folder on a disk that outlives the process, an event is acknowledged once it is synced there; any
    number of processes may share the folder. A `SpoolDirectory` has bounds and syncs of its own choice.
    Region and credentials are those that botocore finds.
    Raises `ConfigurationError` where there is no region, or the folder cannot be written.
    """
    chosen, clock = settings or ProducerSettings(), SystemClock()
    kinesis = SignedKinesis.of_session(
        botocore.session.get_session(), stream, connections=chosen.senders, clock=clock, endpoint_url=endpoint_url
    )
    return EventProducer(
        kinesis,
        clock=clock,
        producer_id=new_producer_id(name),
        settings=chosen,
        spool=SpoolDirectory(spool) if isinstance(spool, Path) else spool,
    )
