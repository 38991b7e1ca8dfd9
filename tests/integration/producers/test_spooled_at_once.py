"""Several who ask for a final checkpoint at once: each is told, with a spool as without."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.sdk.producer import EventProducer
from producers.sdk.spool.directory import SpoolDirectory
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import QUICK, ClockAtNoon
from tests.support.several import all_at_once

pytestmark = pytest.mark.integration


def test_all_who_flush_at_once_are_told_and_so_is_who_closes_beside_them(tmp_path: Path) -> None:
    stream = GatedStream(passes=1)
    spool = SpoolDirectory(tmp_path)
    opened = EventProducer(stream, clock=ClockAtNoon(), producer_id="web-1", settings=QUICK, spool=spool)
    opened.send(event())
    opened.flush(5)

    with all_at_once(*[lambda: opened.flush(5, checkpoint=True)] * 3, lambda: opened.close(5)):
        assert stream.is_asked.wait(5)
        stream.open()

    checkpoints = stream.checkpoints()
    assert {(c.accepted, c.final) for c in checkpoints} == {(1, True)}
    assert sorted(c.number for c in checkpoints) == list(range(1, len(checkpoints) + 1))
    assert [path.name for path in tmp_path.iterdir()] == ["~lock"]
