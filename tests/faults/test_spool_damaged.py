"""A spool of which any byte was damaged, or the end torn off: all other frames come back, and the damage is named."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from operations.spool.sending import send_spool
from producers.sdk.batches import BatchWriter
from producers.sdk.limits import Limits
from producers.sdk.memory import MemoryStream
from producers.sdk.spool.frames import HEAD_BYTES, Frame
from producers.sdk.spool.segments import HEADER_BYTES
from tests.factories import FakeClock
from tests.support.spools import PRODUCER, adopted, dead

pytestmark = pytest.mark.faults

_ALL: Final = int(os.environ.get("KILLS", "20")) >= 100  # `make faults`
FRAMES: Final = [
    Frame(tuple((f"u-{n}", b'{"event":%d,"of":%d}\n' % (n, frame)) for n in range(1 + frame % 4)), frame, 0)
    for frame in range(1, 13)
]


def offsets(size: int) -> list[int]:
    """Every byte, or some and those at either end."""
    if _ALL:
        return list(range(size))
    edges = [*range(HEADER_BYTES + HEAD_BYTES + 2), size - 1]
    return sorted({*edges, *random.Random(5).sample(range(size), 60)})


def lines(frames: list[Frame]) -> list[bytes]:
    return [line for frame in frames for _, line in frame.entries]


def spans(data: bytes) -> Iterator[tuple[int, int]]:
    """From where to where each frame goes."""
    start = HEADER_BYTES
    for frame in FRAMES:
        last = frame.entries[-1][1]
        end = data.index(last, start) + len(last)
        yield start, end
        start = end


def sent(root: Path) -> list[bytes]:
    """What the next process delivers, without the last checkpoint."""
    stream = MemoryStream()
    clock = FakeClock()
    writer = BatchWriter(stream, clock=clock, limits=Limits(), jitter=lambda: 0.0)
    send_spool(adopted(root), writer, clock, lambda _: None)
    return [record.data for record in stream.lines][:-1]


@pytest.mark.parametrize("flip", [0x01, 0xFF], ids=["a bit", "a byte"])
def test_a_damaged_byte_costs_the_frame_that_it_is_in_and_its_bytes_are_kept(tmp_path: Path, flip: int) -> None:
    dead(tmp_path, FRAMES)
    [segment] = (tmp_path / PRODUCER).glob("*.segment")
    data = segment.read_bytes()
    places = list(spans(data))
    for offset in offsets(len(data)):
        (tmp_path / PRODUCER).mkdir(exist_ok=True)
        hurt = bytearray(data)
        hurt[offset] ^= flip
        segment.write_bytes(hurt)
        [(start, end)] = [place for place in [(0, HEADER_BYTES), *places] if place[0] <= offset < place[1]]

        left = [frame for frame, place in zip(FRAMES, places, strict=True) if place != (start, end)]
        assert sent(tmp_path) == lines(left), offset
        [kept] = (tmp_path / "damaged").iterdir()
        assert (kept.name, kept.read_bytes()) == (f"web-1-{segment.stem}-{start}.bytes", bytes(hurt[start:end])), offset
        kept.unlink()


def test_a_tail_torn_off_anywhere_costs_what_was_never_acknowledged(tmp_path: Path) -> None:
    dead(tmp_path, FRAMES)
    [segment] = (tmp_path / PRODUCER).glob("*.segment")
    data = segment.read_bytes()
    places = list(spans(data))
    for length in offsets(len(data)):
        (tmp_path / PRODUCER).mkdir(exist_ok=True)
        segment.write_bytes(data[:length])

        assert sent(tmp_path) == lines([f for f, place in zip(FRAMES, places, strict=True) if place[1] <= length])
        assert not (tmp_path / "damaged").exists()
