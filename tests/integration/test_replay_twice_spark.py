"""A replay through the stream: raw and the consumer have its lines twice, the lake once, and the ledger says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from consumers.state_table import MemoryState
from operations.audit.core import Patience, audit
from operations.audit.gather import Stores, gather
from operations.audit.report import Hop, joined
from operations.audit.stream.core import audit_stream
from operations.audit.stream.gather import gather_stream
from operations.replay.span import objects_in, span_of
from operations.replay.to_stream import Replayed, replay
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream
from tests.support.stream_accounts import account_of, settle, settle_all
from tests.support.world import EARLIEST, NOW, SteppingClock, World, produced, view

pytestmark = pytest.mark.integration

BROKEN = b'{"broken"\n'


def test_nothing_arrives_twice_and_the_ledger_balances(spark: SparkSession, tmp_path: Path) -> None:
    world, state, stream = World(tmp_path), MemoryState(), MemoryStream()
    lines = [*produced(map(view, range(1, 13))), BROKEN]
    world.land("a", lines)
    settle_all(state, lines, at=NOW, batch=20, quarantine=world.quarantine)
    world.run(spark)
    before = world.published()

    sink = BatchWriter(stream, clock=SteppingClock(), limits=Limits(), jitter=lambda: 0.0)
    span = span_of(NOW - timedelta(hours=1), NOW, now=NOW)
    done = replay(world.raw, objects_in(world.raw, span), sink, earliest=EARLIEST)
    again = [record.data for record in stream.records]
    world.land("replayed", again)
    settle(state, account_of(again, first=100, at=NOW))
    world.run(spark)

    evidence = gather(Stores(raw=world.raw, lake=world.lake, quarantine=world.quarantine))
    patience = Patience(now=NOW, allowed=None)
    report = joined(
        [audit(evidence, patience), audit_stream(gather_stream(evidence, state, world.quarantine), patience)]
    )
    assert done == Replayed(objects=1, sent=12, refused=1, checkpoints=2)
    assert world.published() == before
    assert (list(report.findings), report.balanced) == ([], True)
    assert list(report.hops) == [
        Hop(hop="producer", accepted=12, delivered=12),
        Hop(hop="raw", accepted=25, delivered=25),
        Hop(hop="events", accepted=25, delivered=12, deduplicated=12, quarantined=1),
        Hop(hop="put_events", accepted=25, delivered=24, quarantined=1),
    ]
