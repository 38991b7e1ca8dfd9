"""After a fix, refused lines go in again: the ledger balances, and nothing arrives twice, anywhere."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from consumers.realtime.judged import Judge
from contract.ledger import DELIVERED, QUARANTINED
from glue_jobs.events.run import Settings
from operations.quarantine import read_quarantine
from operations.quarantine_replay.core import Outcome, Replay, Wanted
from operations.quarantine_replay.replayed import PREFIX, StoreReplayed
from operations.quarantine_replay.verdict import Contract
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream
from tests.support.catalog_world import MemoryQueue
from tests.support.realtime_world import World as StreamWorld
from tests.support.realtime_world import record
from tests.support.world import EARLIEST, NOW, SteppingClock, World, produced, view

pytestmark = pytest.mark.integration

TOO_LATE = datetime(2026, 11, 22, 0, 20, tzinfo=UTC)  # "no event is older", said by mistake: 20 of 30 are


class Both:
    """The lake's way and the stream's way, of the same lines."""

    def __init__(self, folder: Path) -> None:
        self.lake = World(folder, Settings(earliest=TOO_LATE, lookback=None))
        self.stream = StreamWorld()
        self.is_read = 0
        self._judge(TOO_LATE)

    def fix(self) -> None:
        """Now the setting is right."""
        self.lake = replace(self.lake, settings=Settings(earliest=EARLIEST, lookback=None))
        self._judge(EARLIEST)

    def arrive(self, spark: SparkSession, name: str, lines: list[bytes], *, hour: int) -> None:
        """The lines land in raw and are read from the stream; then the events job runs."""
        self.lake.land(name, lines, arrival=f"dt=2026-11-23/hour={hour:02}")
        batch = [record(self.is_read + n, line, arrived_at=NOW.replace(hour=hour)) for n, line in enumerate(lines, 1)]
        self.is_read += len(lines)
        assert self.stream.deliver(batch) is None
        for key, body in self.stream.quarantine.objects.items():
            self.lake.quarantine.put(key, body)
        self.lake.run(spark)

    def replay(self) -> tuple[Outcome, list[bytes]]:
        """What was done, and the lines that went on the stream."""
        stream = MemoryStream()
        replay = Replay(
            contract=Contract(earliest=EARLIEST),
            replayed=StoreReplayed(self.lake.quarantine),
            stream=BatchWriter(stream, clock=SteppingClock(), limits=Limits(), jitter=lambda: 0.0),
            queue=MemoryQueue(),
            clock=lambda: NOW,
        )
        outcome = replay.run(read_quarantine(self.lake.quarantine), Wanted())
        return outcome, [sent.data for sent in stream.records]

    def in_lake(self) -> list[str]:
        """The ids of all events, repeats included."""
        files = (self.lake.lake.read(found.key) for found in self.lake.lake.list("events/"))
        return sorted(name for data in files for name in pq.read_table(io.BytesIO(data))["event_id"].to_pylist())

    def in_personalize(self) -> list[str]:
        return sorted(self.stream.personalize.events)

    def _judge(self, earliest: datetime) -> None:
        self.stream.consumer = replace(self.stream.consumer, judge=Judge(earliest=earliest, sends_interactions=True))


def test_lines_refused_by_mistake_are_in_the_lake_and_in_personalize_once_after_any_number_of_replays(
    spark: SparkSession, tmp_path: Path
) -> None:
    both = Both(tmp_path)
    everything = [f"e-{n:04d}" for n in range(30)]
    both.arrive(spark, "web", [*produced(view(n) for n in range(30)), b'{"broken\n'], hour=9)
    assert both.in_lake() == both.in_personalize() == everything[20:]
    both.fix()

    outcome, sent = both.replay()
    both.lake.quarantine.delete([found.key for found in both.lake.quarantine.list(PREFIX)])  # as if it had died there
    _, again = both.replay()
    both.arrive(spark, "again", [*sent, *again], hour=10)

    assert (outcome.wanted, outcome.to_stream, outcome.left) == (21, 20, {"not_json (line.json)": 1})
    assert (len(sent), again) == (20, sent)
    assert both.in_lake() == both.in_personalize() == everything
    assert dict(both.stream.outcomes()) == {DELIVERED: 50, QUARANTINED: 21}
    assert both.replay()[1] == []
    report = both.lake.audit()
    assert (report.balanced, report.findings) == (True, [])
    [hop] = [hop for hop in report.hops if hop.quarantined]
    assert (hop.delivered, hop.deduplicated, hop.quarantined) == (30, 20, 21)
