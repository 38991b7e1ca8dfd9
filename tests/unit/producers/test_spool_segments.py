"""A segment on a disk that has lost blocks of it."""

from __future__ import annotations

import io

import pytest

from producers.sdk.spool.frames import Bad, Found, Frame, decode_body, encode_body, head_of
from producers.sdk.spool.segments import HEADER_BYTES, Counts, walk_file

pytestmark = pytest.mark.unit

BLOCK = 4096
FRAMES = [Frame(((f"u-{n}", b"x" * 1_000),), n, 0) for n in range(1, 21)]


class RottenFile(io.BytesIO):
    """Gives nothing of one block."""

    def __init__(self, data: bytes, bad: int) -> None:
        super().__init__(data)
        self._bad = range(bad * BLOCK, (bad + 1) * BLOCK)

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        end = len(self.getvalue()) if size is None or size < 0 else start + size
        if start < self._bad.stop and end > self._bad.start:
            raise OSError(5, "Input/output error")
        return super().read(size)


def segment() -> tuple[bytes, list[int]]:
    data, ends = Counts(0, 0).header(), []
    for frame in FRAMES:
        body = encode_body(frame, written_ms=0)
        data += head_of(body, salt=b"12345678", at=len(data)) + body
        ends.append(len(data))
    return data, ends


@pytest.mark.parametrize("bad", [0, 1, 3, 5])
def test_a_block_that_the_disk_lost_costs_the_frames_in_it_and_no_other(bad: int) -> None:
    data, ends = segment()
    found = list(walk_file(RottenFile(data, bad), salt=b"12345678"))

    spans = zip([HEADER_BYTES, *ends], ends, FRAMES, strict=False)
    left = [frame for start, end, frame in spans if end <= bad * BLOCK or start >= (bad + 1) * BLOCK]
    assert [decode_body(each.body) for each in found if isinstance(each, Found)] == left
    assert [each for each in found if isinstance(each, Bad) and each.torn] == []


@pytest.mark.parametrize("offset", range(HEADER_BYTES))
def test_a_damaged_header_is_named_and_costs_no_frame(offset: int) -> None:
    data, _ = segment()
    hurt = bytearray(data)
    hurt[offset] ^= 0x80
    found = list(walk_file(io.BytesIO(hurt), salt=b"12345678"))

    assert found[0] == Bad(0, HEADER_BYTES, torn=False)
    assert [decode_body(each.body) for each in found[1:] if isinstance(each, Found)] == FRAMES
