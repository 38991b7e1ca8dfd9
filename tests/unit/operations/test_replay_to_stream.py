"""What a replay puts on the stream: the events of raw as they were, and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, TransientError
from operations.replay.to_stream import Replayed, replay
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream, even_shards
from producers.sdk.stream import Outcome, Record, Refused, Shard
from tests.support.folder_store import FolderStore
from tests.support.world import EARLIEST, SteppingClock, produced, view

pytestmark = pytest.mark.unit

HOUR = "dt=2026-11-23/hour=09"
EVENTS = [view(number) for number in range(1, 13)]
LINES = produced(EVENTS)
SENT = [line for line in LINES if not line.startswith(b'{"checkpoint"')]
LATE = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class DeadStream:
    """Takes so many records, and then nothing."""

    takes: int
    taken: list[Record] = field(default_factory=list)

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        room = self.takes - len(self.taken)
        self.taken += records[:room]
        left = len(records) - len(records[:room])
        return [Outcome("shard-0")] * (len(records) - left) + [Outcome(refused=Refused.THROTTLED)] * left

    def shards(self) -> Sequence[Shard]:
        return even_shards(1)


@pytest.fixture
def raw(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path)
    store.put(f"{HOUR}/a.gz", gzip.compress(b"".join(LINES[:8])))
    store.put(f"{HOUR}/b.gz", gzip.compress(b"\n \r\n" + b"".join(LINES[8:]) + b'{"broken"'))
    return store


def sink_on(stream: MemoryStream | DeadStream) -> BatchWriter:
    return BatchWriter(stream, clock=SteppingClock(), limits=Limits(attempts=2), jitter=lambda: 0.0)


def test_every_event_goes_out_again_byte_for_byte_and_in_order(raw: FolderStore) -> None:
    stream, heard = MemoryStream(), list[Replayed]()

    done = replay(raw, raw.list(""), sink_on(stream), earliest=EARLIEST, progress=heard.append)

    assert [record.data for record in stream.records] == SENT
    assert [record.key for record in stream.records] == [event.user_id for event in EVENTS]
    assert done == Replayed(objects=2, sent=12, refused=1, checkpoints=2)
    assert done.lines == 15
    assert heard == [Replayed(objects=1, sent=8), done]


def test_what_is_heard_of_has_been_delivered(raw: FolderStore) -> None:
    stream = MemoryStream()
    delivered: list[int] = []

    replay(
        raw, raw.list(""), sink_on(stream), earliest=EARLIEST, progress=lambda _: delivered.append(len(stream.records))
    )

    assert delivered == [8, 12]


def test_a_time_is_plausible_by_when_its_line_arrived(raw: FolderStore) -> None:
    stream = MemoryStream()

    assert replay(raw, raw.list(""), sink_on(stream), earliest=LATE) == Replayed(objects=2, refused=13, checkpoints=2)
    assert stream.records == []


def test_the_anonymous_are_sent_by_their_own_key(tmp_path: Path) -> None:
    store, stream = FolderStore(tmp_path), MemoryStream()
    store.put(f"{HOUR}/a.gz", gzip.compress(b"".join(produced([view(1, user_id=None, anonymous_id="a-1")]))))

    replay(store, store.list(""), sink_on(stream), earliest=EARLIEST)

    assert [record.key for record in stream.records] == ["a-1"]


def test_a_stream_that_takes_nothing_stops_the_replay(raw: FolderStore) -> None:
    heard: list[Replayed] = []

    with pytest.raises(TransientError, match="records refused"):
        replay(raw, raw.list(""), sink_on(DeadStream(takes=9)), earliest=EARLIEST, progress=heard.append)

    assert heard == [Replayed(objects=1, sent=8)]


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b"".join(LINES))[:-20], b"\x1f\x8b\x08"])
def test_an_object_that_cannot_be_read_is_named(tmp_path: Path, data: bytes) -> None:
    store = FolderStore(tmp_path)
    store.put(f"{HOUR}/a.gz", data)

    with pytest.raises(ConfigurationError, match=f"raw object {HOUR}/a.gz cannot be read"):
        replay(store, store.list(""), sink_on(MemoryStream()), earliest=EARLIEST)
