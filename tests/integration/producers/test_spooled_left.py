"""A producer that is closed beside somebody who waits for a final checkpoint: he is told that it did not come."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import TransientError
from producers.sdk.producer import EventProducer
from producers.sdk.spool.directory import SpoolDirectory
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import QUICK, ClockAtNoon
from tests.support.several import all_at_once

pytestmark = pytest.mark.integration


def test_who_waits_for_a_checkpoint_is_told_when_the_producer_is_closed_without_it(tmp_path: Path) -> None:
    stream = GatedStream(passes=1)
    spool = SpoolDirectory(tmp_path)
    opened = EventProducer(stream, clock=ClockAtNoon(), producer_id="web-1", settings=QUICK, spool=spool)
    opened.send(event())
    opened.flush(5)

    def flush_in_vain() -> None:
        with pytest.raises(TransientError, match="closed"):
            opened.flush(9, checkpoint=True)

    with all_at_once(flush_in_vain, flush_in_vain):
        assert stream.is_asked.wait(5)
        opened.close(0.05)
        stream.open()
    flush_in_vain()
