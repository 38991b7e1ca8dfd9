"""Orphans that cannot be read, or not whole: each is named in the log, and so is the end of its trouble."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.sdk.around import Around
from producers.sdk.bell import Bell
from producers.sdk.delivery.orphans import Orphans
from producers.sdk.delivery.outbox import Outbox
from producers.sdk.intake import Intake
from producers.sdk.settings import ProducerSettings
from producers.sdk.troubles import Troubles
from tests.factories import FakeClock
from tests.support.remembered_log import RememberedLog
from tests.support.spools import PRODUCER, dead, directory, frame

pytestmark = pytest.mark.integration

ROOM = 10**6


def orphans_of(root: Path, log: RememberedLog) -> Orphans:
    settings, clock = ProducerSettings(), FakeClock()
    around = Around(
        settings=settings,
        clock=clock,
        jitter=lambda: 0.0,
        troubles=Troubles(log),
        bell=Bell(),
        senders_bell=Bell(),
    )
    intake = Intake("later", settings, clock, on_batch=lambda: None)
    return Orphans(directory(root), Outbox(settings, lambda: 0.0), intake, around)


def the_segment(root: Path) -> Path:
    [segment] = (root / PRODUCER).glob("*.segment")
    return segment


def unreadable(segment: Path) -> bytes:
    data = segment.read_bytes()
    segment.unlink()
    segment.mkdir()
    return data


def readable(segment: Path, data: bytes) -> None:
    segment.rmdir()
    segment.write_bytes(data)


def test_an_orphan_that_cannot_be_adopted_is_named_once_and_so_is_the_end_of_it(tmp_path: Path) -> None:
    dead(tmp_path, [frame(1)])
    log, segment = RememberedLog(), the_segment(tmp_path)
    orphans, data = orphans_of(tmp_path, log), unreadable(segment)

    for now in (0.0, 30.0, 60.0):
        orphans.work(now, room=ROOM)
    readable(segment, data)
    orphans.work(90.0, room=ROOM)

    assert [event for event, _ in log.lines] == ["orphan_left", "trouble_over", "orphan_adopted"]
    assert log.lines[0][1]["producer_id"] == PRODUCER


def test_an_orphan_that_cannot_be_read_for_a_while_is_named_each_time(tmp_path: Path) -> None:
    dead(tmp_path, [frame(1)])
    log, segment = RememberedLog(), the_segment(tmp_path)
    orphans = orphans_of(tmp_path, log)
    orphans.work(0.0, room=0)

    for now in (1.0, 2.0):
        data = unreadable(segment)
        orphans.work(now, room=ROOM)
        orphans.work(now, room=ROOM)
        readable(segment, data)
        orphans.work(now, room=ROOM)
        orphans._sources[0]._read_up_to = None

    assert [event for event, _ in log.lines] == ["orphan_adopted", *["orphan_unreadable", "trouble_over"] * 2]


def test_what_is_damaged_of_an_orphan_is_named(tmp_path: Path) -> None:
    dead(tmp_path, [frame(1), frame(2)])
    log, segment = RememberedLog(), the_segment(tmp_path)
    data = segment.read_bytes()
    segment.write_bytes(data[:-3] + b"?" + data[-2:])

    orphans_of(tmp_path, log).work(0.0, room=ROOM)

    [named] = log.of("spool_damaged")
    assert (named["producer_id"], named["segment"]) == (PRODUCER, segment.name)
    assert Path(named["kept"]).is_file()
