"""A live producer whose spool is damaged: what is lost is named and told as accepted, its bytes are kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.codec import encode
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.segments import HEADER_BYTES
from tests.factories import event
from tests.support.gated_stream import GatedStream
from tests.support.producing import ClockAtNoon, sent_checkpoints, sent_events
from tests.support.remembered_log import RememberedLog
from tests.support.spools import PRODUCER

pytestmark = pytest.mark.integration

LINE = encode(event(properties={f"k{n}": "x" * 900 for n in range(10)}))
EVENTS = 200  # several times what memory holds


def waiting(stream: GatedStream, root: Path, log: RememberedLog) -> EventProducer:
    """Whose events are all acknowledged, most of them on disk alone."""
    opened = EventProducer(
        stream,
        clock=ClockAtNoon(),
        producer_id=PRODUCER,
        settings=ProducerSettings(linger=0.001, memory_bytes=1024 * 1024, batch_bytes=50_000),
        spool=SpoolDirectory(root, segment_bytes=262_144),
        log=log,
        jitter=lambda: 0.01,
    )
    for receipt in [opened.send_raw(f"u-{number % 3}", LINE) for number in range(EVENTS)]:
        receipt.wait(10)
    return opened


def overwrite(segment: Path) -> None:
    segment.write_bytes(segment.read_bytes()[:HEADER_BYTES] + b"?" * (segment.stat().st_size - HEADER_BYTES))


def cut(segment: Path) -> None:
    os.truncate(segment, HEADER_BYTES + 1_000)


@pytest.mark.parametrize("damage", [overwrite, cut, Path.unlink])
def test_a_damaged_tail_is_told_as_accepted_and_named_and_keeps_nobody_waiting(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    stream, log = GatedStream(), RememberedLog()
    opened = waiting(stream, tmp_path, log)
    tail = sorted((tmp_path / PRODUCER).glob("*.segment"))[-2:]
    for segment in tail:
        damage(segment)
    left = b"".join(path.read_bytes()[HEADER_BYTES:] for path in tail if path.exists())

    stream.open()
    opened.flush(10)
    opened.close(10)

    sent = {sent.producer_seq for sent in sent_events(stream)}
    assert 0 < len(sent) < EVENTS
    assert sent == set(range(1, len(sent) + 1))
    assert [(c.accepted, c.final) for c in sent_checkpoints(stream)] == [(EVENTS, True)]
    assert {facts["segment"] for facts in log.of("spool_damaged")} == {path.name for path in tail}
    kept = sorted(Path(facts["kept"]) for facts in log.of("spool_damaged") if facts["kept"])
    assert b"".join(path.read_bytes() for path in kept) == left


def test_a_spool_whose_damaged_bytes_cannot_be_kept_stays(tmp_path: Path) -> None:
    stream, log = GatedStream(), RememberedLog()
    opened = waiting(stream, tmp_path, log)
    (tmp_path / "damaged").write_bytes(b"no folder")
    tail = max((tmp_path / PRODUCER).glob("*.segment"))
    overwrite(tail)
    damaged = tail.read_bytes()

    stream.open()
    opened.close(0.5)

    assert tail.read_bytes() == damaged
    assert log.of("spool_unreadable")
