"""A producer on a stream over HTTP whose disk, clock and shards a test changes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session

from contract.checkpoints import Checkpoint
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.new_event import new_event
from producers.sdk.producer import EventProducer
from producers.sdk.receipts import Receipt
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.files import DiskFiles
from tests.support.producer_ledger import stamp_of
from tests.support.sharded_kinesis import ShardedKinesis


class FillingDisk(DiskFiles):
    """A real one that somebody else fills up and empties."""

    is_full = False

    def create(self, path: Path) -> int:
        self._refuse()
        return super().create(path)

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        self._refuse()
        return super().write(file, parts, at)

    def _refuse(self) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class SteppedClock(SystemClock):
    """The machine's, but for a calendar that somebody set back."""

    def __init__(self) -> None:
        self.back = timedelta()

    def now(self) -> datetime:
        return super().now() - self.back


def producing(
    kinesis: ShardedKinesis,
    producer_id: str = "web-1",
    *,
    clock: SystemClock | None = None,
    spool: SpoolDirectory | None = None,
    **settings: Any,
) -> EventProducer:
    """Through the signed transport, without pauses that are worth waiting for."""
    clock = clock or SystemClock()
    session = botocore.session.Session()
    return EventProducer(
        SignedKinesis.of_session(session, "clicks", connections=2, clock=clock, endpoint_url=kinesis.url),
        clock=clock,
        producer_id=producer_id,
        settings=ProducerSettings(**{"linger": 0.002, "checkpoint_every": 0.05, "close_seconds": 5, **settings}),
        spool=spool,
        jitter=lambda: 0.02,
    )


def sent(producer: EventProducer, count: int, *, clock: SystemClock | None = None) -> list[Receipt]:
    """So many views, in bursts, by 20 visitors."""
    clock = clock or SystemClock()
    receipts = []
    for number in range(count):
        event = new_event("view", clock=clock, user_id=f"u-{number % 20}", item_id=f"i-{number}")
        receipts.append(producer.send(event))
        if number % 25 == 24:
            time.sleep(0.004)
    return receipts


def wait(receipts: list[Receipt]) -> None:
    for receipt in receipts:
        receipt.wait(10)


def lines_of(receipts: list[Receipt]) -> list[bytes]:
    return sorted(receipt.line for receipt in receipts)


def events_in(lines: list[bytes]) -> list[bytes]:
    return sorted(line for line in lines if stamp_of(line))


def told(checkpoint: Checkpoint) -> tuple[int, str, bool]:
    return checkpoint.accepted, str(checkpoint.withdrawn), checkpoint.final
