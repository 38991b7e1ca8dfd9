"""Several who ask for a final checkpoint at once: each is told, without a spool."""

from __future__ import annotations

import pytest

from producers.sdk.producer import EventProducer
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import PLAUSIBLE, producer
from tests.support.several import all_at_once

pytestmark = pytest.mark.unit


def test_all_who_flush_at_once_are_told_and_so_is_who_closes_beside_them() -> None:
    stream = GatedStream(passes=1)
    opened: EventProducer = producer(stream)
    opened.send(event()).wait(5)

    with all_at_once(*[lambda: opened.flush(5, checkpoint=True)] * 3, lambda: opened.close(5)):
        assert stream.is_asked.wait(5)
        stream.open()

    checkpoints = stream.checkpoints()
    assert {(c.accepted, c.final) for c in checkpoints} == {(1, True)}
    assert sorted(c.number for c in checkpoints) == list(range(1, len(checkpoints) + 1))
    assert len(stream.events(PLAUSIBLE)) == 1
