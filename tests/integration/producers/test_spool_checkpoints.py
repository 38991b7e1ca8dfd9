"""Checkpoints and the spool: what is said on the stream is on disk first; an adopter goes on with its number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import pytest

from contract.checkpoints import Checkpoint, parse_checkpoint
from contract.errors import TransientError
from contract.ranges import Ranges
from producers.sdk.clock import SystemClock
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.ending import last_checkpoints
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.recovery import recover
from tests.factories import NOW, event
from tests.support.full_disk import FullDisk
from tests.support.several import until
from tests.support.spools import PRODUCER

pytestmark = pytest.mark.integration

SETTINGS = ProducerSettings(linger=0.001, checkpoint_every=0.005)


@contextmanager
def producer(stream: MemoryStream, root: Path, disk: FullDisk) -> Iterator[EventProducer]:
    spool = SpoolDirectory(root, machine=Machine(files=disk))
    with EventProducer(stream, clock=SystemClock(), producer_id=PRODUCER, settings=SETTINGS, spool=spool) as opened:
        yield opened


@contextmanager
def telling(root: Path) -> Iterator[tuple[EventProducer, MemoryStream, FullDisk]]:
    """A producer, its stream and its disk, once the first checkpoint is on both."""
    stream, disk = MemoryStream(), FullDisk()
    with producer(stream, root, disk) as opened:
        opened.send(event()).wait(5)
        until(lambda: told(stream))
        yield opened, stream, disk


def told(stream: MemoryStream) -> list[Checkpoint]:
    return [found for record in stream.lines if (found := parse_checkpoint(record.data))]


def test_a_checkpoint_that_a_full_disk_refuses_waits_until_there_is_room(tmp_path: Path) -> None:
    with telling(tmp_path) as (opened, stream, disk):
        disk.room = 0
        for _ in range(10):
            opened.send(event()).wait(5)
            time.sleep(0.01)
        on_disk = recover(tmp_path / PRODUCER, now_ms=0).counts.checkpoints
        assert [checkpoint.number for checkpoint in told(stream)] == list(range(1, on_disk + 1))

        calls = len(disk.calls)
        time.sleep(0.1)
        assert len(disk.calls) - calls < 10  # it is not asked all the time
        disk.room = None
        opened.send(event()).wait(5)
        until(lambda: told(stream)[-1].accepted >= 11)

    numbers = [checkpoint.number for checkpoint in told(stream)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [(last.final, last.accepted) for last in told(stream)][-1] == (True, 12)


def test_a_producer_that_closes_with_a_full_disk_says_all_the_same_how_far_it_was(tmp_path: Path) -> None:
    stream, disk = MemoryStream(), FullDisk()
    with producer(stream, tmp_path, disk) as opened:
        opened.send(event()).wait(5)
        disk.room = 0
        opened.send(event()).wait(5)
        time.sleep(0.02)

    numbers = [checkpoint.number for checkpoint in told(stream)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [(last.final, last.accepted) for last in told(stream)][-1] == (True, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]


def test_what_neither_disk_nor_stream_had_when_the_process_ended_is_withdrawn(tmp_path: Path) -> None:
    away, disk = repeat(Answer(raises=TransientError("no stream"))), FullDisk()
    with producer(MemoryStream(away), tmp_path, disk) as opened:
        opened.send(event()).wait(5)
        disk.room, writes = 0, disk.calls.count("write")
        lost = opened.send(event())
        until(lambda: disk.calls.count("write") > writes)
        time.sleep(0.02)
        disk.room = None
        opened.send(event()).wait(5)
        with pytest.raises(TransientError):
            opened.flush(0.01)
        with pytest.raises(TransientError, match="closed before the stream or the disk took it"):
            opened.close(0.01)
        with pytest.raises(TransientError):
            lost.wait(0)

    [spool] = SpoolDirectory(tmp_path).adopt()
    assert (spool.accepted, spool.withheld, spool.depth().frames) == (3, "2", 2)
    [last] = map(parse_checkpoint, last_checkpoints(spool, NOW))
    assert last == Checkpoint(
        producer_id=PRODUCER, number=1, accepted=3, at=NOW, final=True, withdrawn=Ranges.parse("2")
    )


def test_a_checkpoint_that_is_nowhere_yet_is_not_counted_on_disk(tmp_path: Path) -> None:
    with telling(tmp_path) as (opened, _, disk):
        disk.room = 0
        opened.send(event()).wait(5)
        time.sleep(0.05)
        disk.room = None
        opened.send(event()).wait(5)

        counted = recover(tmp_path / PRODUCER, now_ms=0).counts.checkpoints
        on_disk = b"".join(path.read_bytes() for path in (tmp_path / PRODUCER).glob("*.segment"))
        assert b'"number":%d,' % counted in on_disk
