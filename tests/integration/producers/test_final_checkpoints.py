"""Who asks for a final checkpoint is told, whoever else asks or closes beside him."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import TransientError
from producers.sdk.producer import EventProducer
from producers.sdk.spool.directory import SpoolDirectory
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import PLAUSIBLE, QUICK, ClockAtNoon
from tests.support.several import all_at_once

pytestmark = pytest.mark.integration


def delivered(stream: GatedStream, spool: SpoolDirectory | None) -> EventProducer:
    """A producer whose one event is on the stream, which takes nothing more until it is opened."""
    opened = EventProducer(stream, clock=ClockAtNoon(), producer_id="web-1", settings=QUICK, spool=spool)
    opened.send(event())
    opened.flush(5)
    return opened


@pytest.mark.parametrize("has_spool", [True, False])
def test_all_who_flush_at_once_are_told_and_so_is_who_closes_beside_them(tmp_path: Path, *, has_spool: bool) -> None:
    stream = GatedStream(passes=1)
    opened = delivered(stream, SpoolDirectory(tmp_path) if has_spool else None)

    with all_at_once(*[lambda: opened.flush(5, checkpoint=True)] * 3, lambda: opened.close(5)):
        assert stream.is_asked.wait(5)
        stream.open()

    checkpoints = stream.checkpoints()
    assert {(c.accepted, c.final) for c in checkpoints} == {(1, True)}
    assert sorted(c.number for c in checkpoints) == list(range(1, len(checkpoints) + 1))
    assert len(stream.events(PLAUSIBLE)) == 1
    assert [path.name for path in tmp_path.iterdir()] == (["~lock"] if has_spool else [])


def test_who_waits_for_a_checkpoint_is_told_when_the_producer_is_closed_without_it(tmp_path: Path) -> None:
    stream = GatedStream(passes=1)
    opened = delivered(stream, SpoolDirectory(tmp_path))

    def flush_in_vain() -> None:
        with pytest.raises(TransientError, match="closed"):
            opened.flush(9, checkpoint=True)

    with all_at_once(flush_in_vain, flush_in_vain):
        assert stream.is_asked.wait(5)
        opened.close(0.05)
        stream.open()
    flush_in_vain()
