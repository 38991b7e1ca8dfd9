"""How a producer with a spool ends: in time though the disk hangs, and with nothing said that is not so."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import pytest

from contract.errors import TransientError
from producers.sdk.memory import Answer, MemoryStream
from producers.sdk.producer import EventProducer
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.files import DiskFiles, Files
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.recovery import recover
from producers.sdk.spool.spool import Spool
from producers.sdk.stream import Stream
from tests.factories import event
from tests.support.full_disk import FullDisk
from tests.support.gated_stream import GatedStream
from tests.support.producing import QUICK, ClockAtNoon
from tests.support.several import until
from tests.support.spools import PRODUCER, held

pytestmark = pytest.mark.integration


class HangingDisk(DiskFiles):
    """Keeps whoever writes waiting while `works` is not set."""

    def __init__(self) -> None:
        self.works = threading.Event()
        self.works.set()
        self.is_asked = threading.Event()

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        if not self.works.is_set():
            self.is_asked.set()
            assert self.works.wait(10)
        return super().write(file, parts, at)


def producer(stream: Stream, root: Path, disk: Files) -> EventProducer:
    spool = SpoolDirectory(root, machine=Machine(files=disk))
    return EventProducer(
        stream, clock=ClockAtNoon(), producer_id=PRODUCER, settings=QUICK, spool=spool, jitter=lambda: 0.01
    )


def adopted_once_it_is_let_go(root: Path) -> Spool:
    found: list[Spool] = []

    def is_found() -> bool:
        found.extend(SpoolDirectory(root).adopt())
        return bool(found)

    until(is_found)
    return found[0]


def dead_stream() -> MemoryStream:
    return MemoryStream(repeat(Answer(raises=TransientError("no stream"), refuses=frozenset(range(500)))))


def test_a_disk_that_hangs_keeps_close_waiting_no_longer_and_no_batch_is_written_without_its_lines(
    tmp_path: Path,
) -> None:
    disk = HangingDisk()
    opened = producer(dead_stream(), tmp_path, disk)
    opened.send(event()).wait(5)
    disk.works.clear()
    given_up = [opened.send(event())]
    assert disk.is_asked.wait(5)
    given_up += [opened.send_raw_many([("u", b'{"n":1}\n')]), opened.send(event())]

    began = time.monotonic()
    with pytest.raises(TransientError, match="closed before the stream or the disk took it"):
        opened.close(0.05)
    took = time.monotonic() - began
    for receipt in given_up:
        with pytest.raises(TransientError):
            receipt.wait(0)
    assert SpoolDirectory(tmp_path).adopt() == []  # what hangs may be written still
    disk.works.set()

    spool = adopted_once_it_is_let_go(tmp_path)
    assert took < 5
    assert (spool.accepted, [len(frame.entries) for frame in held(spool)]) == (2, [1, 1])
    assert not any(receipt.is_acknowledged for receipt in given_up)


def test_what_the_stream_has_of_the_disk_is_not_called_withheld_for_long(tmp_path: Path) -> None:
    stream, disk = GatedStream(passes=1), FullDisk()
    opened = producer(stream, tmp_path, disk)
    opened.send(event())
    opened.flush(5)
    refused = disk.calls.count("write")
    disk.room = 0
    in_memory = opened.send(event())
    until(lambda: disk.calls.count("write") > refused and stream.is_asked.is_set())
    disk.room = None
    opened.send(event()).wait(5)
    assert withheld(tmp_path) == (3, "2")

    stream.open()
    in_memory.wait(5)
    opened.flush(5)

    until(lambda: withheld(tmp_path) == (3, ""))
    opened.close(5)
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]
    assert opened.metrics().spool_bytes == 0


def test_what_the_stream_has_of_a_disk_that_took_nothing_since_is_counted_once_it_does(tmp_path: Path) -> None:
    disk = FullDisk()
    opened = producer(MemoryStream(), tmp_path, disk)
    opened.send(event()).wait(5)
    disk.room = 0
    opened.send(event()).wait(5)
    assert withheld(tmp_path) == (1, "")

    disk.room = None
    until(lambda: withheld(tmp_path) == (2, ""))
    opened.close(5)


def withheld(root: Path) -> tuple[int, str]:
    """What whoever adopts the spool now would know."""
    found = recover(root / PRODUCER, now_ms=0)
    return found.counts.accepted, found.withheld


def test_who_waits_for_everything_is_told_when_it_is_closed_before(tmp_path: Path) -> None:
    opened = producer(dead_stream(), tmp_path, DiskFiles())
    opened.send(event()).wait(5)
    told: list[str] = []

    def flush() -> None:
        with pytest.raises(TransientError) as raised:
            opened.flush()
        told.append(str(raised.value))

    waiting = threading.Thread(target=flush, daemon=True)
    waiting.start()
    opened.close(0)
    waiting.join(10)

    assert told == ["this producer was closed; not all that was asked for is on the stream"]
