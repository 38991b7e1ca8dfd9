"""What one batch wrote, as bytes: checksummed, and found again behind bytes that are damaged. Pure.

A frame: a mark, the body's length, a checksum of that, a checksum of the body, the body. The checksums are begun
with the segment's salt and the frame's place, so that no line of an event can be taken for a frame.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from zlib import crc32

MARK = b"\xffFRAME1\xfe"  # no UTF-8 text holds it
LONGEST_BODY = 256 * 1024 * 1024

_HEAD = struct.Struct("<8sIII")  # mark, length of the body, checksum of place and length, checksum of the body
_PLACE = struct.Struct("<QI")
_BODY = struct.Struct("<QQqII")  # accepted, checkpoints, when in ms, entries, characters of `withheld`
HEAD_BYTES = _HEAD.size


@dataclass(frozen=True, slots=True)
class Frame:
    """What one batch wrote.

    A checkpoint is an entry as events are: written here before it is sent, it is repeated with the same bytes.
    """

    entries: tuple[tuple[str, bytes], ...]  # partition key, line with its newline
    accepted: int  # the producer's highest number up to and including this frame
    checkpoints: int  # checkpoints issued so far, those in this frame included
    withheld: str = ""  # of the numbers up to `accepted` those not acknowledged and in no frame, as Ranges: "4,7-9"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A frame without its entries. `written_ms` counts from 1970."""

    accepted: int
    checkpoints: int
    written_ms: int
    withheld: str


@dataclass(frozen=True, slots=True)
class Found:
    """A good frame, from `start` to `end` of its segment."""

    start: int
    end: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """Bytes that are no frame. `torn`: the beginning of one, and the segment ends: it was never acknowledged."""

    start: int
    end: int
    torn: bool


def encode_body(frame: Frame, *, written_ms: int) -> bytes:
    """The frame without its head. Raises ValueError where it is longer than any reader takes."""
    keys = [key for key, _ in frame.entries]
    lines = [line for _, line in frame.entries]
    count = len(keys)
    fixed = _BODY.pack(frame.accepted, frame.checkpoints, written_ms, count, len(frame.withheld))
    lengths = struct.pack(f"<{2 * count}I", *map(len, keys), *map(len, lines))
    text = "".join(keys).encode("utf-8", "surrogatepass")
    size = len(fixed) + len(frame.withheld) + len(lengths) + len(text) + sum(map(len, lines))
    if size > LONGEST_BODY:
        raise ValueError(f"a batch of {size} bytes; a frame takes {LONGEST_BODY}: send smaller batches")
    return b"".join((fixed, frame.withheld.encode("ascii"), lengths, text, *lines))


def head_of(body: bytes, *, salt: bytes, at: int) -> bytes:
    """What comes before the body of the frame that starts `at` this offset."""
    place = _checksum_of_place(at, len(body), salt)
    return _HEAD.pack(MARK, len(body), place, crc32(body, place))


def stamp_of(body: bytes) -> Stamp:
    accepted, checkpoints, written_ms, _, length = _BODY.unpack_from(body)
    return Stamp(accepted, checkpoints, written_ms, body[_BODY.size : _BODY.size + length].decode("ascii"))


def decode_body(body: bytes) -> Frame:
    accepted, checkpoints, _, count, length = _BODY.unpack_from(body)
    at = _BODY.size + length
    lengths = struct.unpack_from(f"<{2 * count}I", body, at)
    key_ends, line_lengths = accumulate(lengths[:count], initial=0), lengths[count:]
    first_line = len(body) - sum(line_lengths)
    keys = body[at + 8 * count : first_line].decode("utf-8", "surrogatepass")
    line_ends = accumulate(line_lengths, initial=first_line)
    entries = zip(
        (keys[start:end] for start, end in pairwise(key_ends)),
        (body[start:end] for start, end in pairwise(line_ends)),
        strict=True,
    )
    return Frame(tuple(entries), accepted, checkpoints, body[_BODY.size : at].decode("ascii"))


def length_of(head: bytes, *, salt: bytes, at: int) -> int | None:
    """The length of the body behind this head, None where it is no head."""
    if len(head) < HEAD_BYTES:
        return None
    mark, length, place, _ = _HEAD.unpack_from(head)
    is_head = mark == MARK and length <= LONGEST_BODY and place == _checksum_of_place(at, length, salt)
    return length if is_head else None


def is_body(head: bytes, body: bytes) -> bool:
    """Whether this is the body that a good head tells of."""
    _, length, place, checksum = _HEAD.unpack_from(head)
    return bool(len(body) == length and crc32(body, place) == checksum)


def scan(data: bytes, *, salt: bytes, start: int, base: int = 0) -> Iterator[Found | Bad]:
    """Everything from `start` on, in order and without a gap; `data` begins at `base` of the segment.

    Bytes that are damaged cost the frames that they are in and no other.
    """
    at = since = start
    while at - base < len(data):
        found = _frame_at(data, at - base, at, salt)
        if isinstance(found, Found) or (found is not None and found.torn):
            yield from [Bad(since, at, torn=False)] if since < at else []
            yield found
            at = since = found.end
        else:
            next_mark = data.find(MARK, at - base + 1)
            at = base + (next_mark if next_mark >= 0 else len(data))
    if since < at:
        yield Bad(since, at, torn=False)


def _frame_at(data: bytes, offset: int, at: int, salt: bytes) -> Found | Bad | None:
    head = data[offset : offset + HEAD_BYTES]
    rest = len(data) - offset
    length = length_of(head, salt=salt, at=at)
    if length is None:
        is_torn = rest < HEAD_BYTES and head[: len(MARK)] == MARK[:rest]
        return Bad(at, at + rest, torn=True) if is_torn else None
    body = data[offset + HEAD_BYTES : offset + HEAD_BYTES + length]
    if len(body) < length:
        return Bad(at, at + rest, torn=True)
    return Found(at, at + HEAD_BYTES + length, body) if is_body(head, body) else None


def _checksum_of_place(at: int, length: int, salt: bytes) -> int:
    return crc32(_PLACE.pack(at, length), crc32(salt))
