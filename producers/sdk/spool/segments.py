"""The files of a spool: one header, then frame after frame. The salt of the checksums is part of the name."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self
from zlib import crc32

from producers.sdk.spool.files import Files
from producers.sdk.spool.frames import HEAD_BYTES, Bad, Found, head_of, is_body, length_of, scan

SALT_BYTES = 8

_HEADER = struct.Struct("<8sQQI")  # what it is, accepted, checkpoints, checksum
_WHAT = b"CSSPOOL1"
HEADER_BYTES = _HEADER.size
_BLOCK = 4096
_name = re.compile(r"([0-9]{10})-([0-9a-f]{16})\.segment").fullmatch


@dataclass(frozen=True, slots=True)
class Segment:
    """A file and the salt of its checksums."""

    number: int
    path: Path
    salt: bytes

    @classmethod
    def named(cls, directory: Path, number: int, salt: bytes) -> Self:
        return cls(number, directory / f"{number:010d}-{salt.hex()}.segment", salt)


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the producer was when the segment was begun."""

    accepted: int = 0
    checkpoints: int = 0

    def header(self) -> bytes:
        data = (_WHAT, self.accepted, self.checkpoints)
        return _HEADER.pack(*data, crc32(_HEADER.pack(*data, 0)))

    def later(self, other: Counts) -> Counts:
        """The farther of both, each for itself."""
        return Counts(max(self.accepted, other.accepted), max(self.checkpoints, other.checkpoints))

    @classmethod
    def of(cls, header: bytes) -> Self | None:
        """What a header tells, None where it is damaged."""
        if len(header) != HEADER_BYTES:
            return None
        counts = cls(*_HEADER.unpack(header)[1:3])
        return counts if counts.header() == header else None


def segments_in(directory: Path) -> list[Segment]:
    """Those of a spool, in the order in which they were written."""
    names = ((_name(path.name), path) for path in sorted(directory.iterdir()))
    return [Segment(int(name[1]), path, bytes.fromhex(name[2])) for name, path in names if name]


class OpenSegment:
    """The segment that is being written. An append is whole and in order, or it did not happen."""

    def __init__(self, segment: Segment, counts: Counts, files: Files) -> None:
        """Create the file. Raises OSError, and leaves none, where the disk refuses."""
        self.segment = segment
        self._files = files
        self._file = files.create(segment.path)
        self.size = 0
        self.is_sound = True
        try:
            self._write((counts.header(),))
            files.sync_directory(segment.path.parent)
        except OSError:
            self.close()
            segment.path.unlink(missing_ok=True)
            raise

    def append(self, body: bytes, *, sync: bool) -> int:
        """Write a frame; where it ends. Raises OSError where the disk refuses, and takes back what it had of it.

        A segment that is not `is_sound` after that takes no more.
        """
        start = self.size
        try:
            self._write((head_of(body, salt=self.segment.salt, at=start), body))
            if sync:
                self.sync()
        except OSError:
            self._cut(start)
            raise
        return self.size

    def sync(self) -> None:
        """Raises OSError; then it is not known what of the file the disk has, and no later sync would say so."""
        try:
            self._files.sync(self._file)
        except OSError:
            self.is_sound = False
            raise

    def close(self) -> None:
        os.close(self._file)

    def _write(self, parts: tuple[bytes, ...]) -> None:
        length = sum(map(len, parts))
        written = self._files.write(self._file, parts, self.size)
        if written != length:
            raise OSError(f"{written} of {length} bytes were written to {self.segment.path.name}")
        self.size += length

    def _cut(self, start: int) -> None:
        self.size = start
        try:
            self._files.cut(self._file, start)
        except OSError:
            self.is_sound = False


def walk(segment: Segment, *, start: int = 0, end: int | None = None) -> Iterator[Found | Bad]:
    """All that lies in a segment from `start`, the end of a frame, up to `end`; no good header is among it.

    The file is held in memory only where something is damaged. Raises OSError where it cannot be opened.
    """
    with segment.path.open("rb") as file:
        yield from walk_file(file, salt=segment.salt, start=start, end=end)


def walk_file(file: BinaryIO, *, salt: bytes, start: int = 0, end: int | None = None) -> Iterator[Found | Bad]:
    """The same of an open file."""
    size = file.seek(0, os.SEEK_END)
    last = size if end is None else min(end, size)
    at = start
    if start == 0:
        header = read_left(file, 0, min(HEADER_BYTES, size))
        if header and Counts.of(header) is None:
            yield Bad(0, len(header), torn=len(header) < HEADER_BYTES)
        at = len(header)
    file.seek(at)
    while at < last and (found := _next(file, salt, at)):
        yield found
        at = found.end
    if at < last:
        yield from scan(read_left(file, at, last), salt=salt, start=at, base=at)


def read_left(file: BinaryIO, start: int, end: int) -> bytes:
    """Zeros stand for blocks that the disk does not give any more: the others are worth having."""
    blocks = []
    for block in range(start // _BLOCK, -(-end // _BLOCK)):
        first, last = max(start, block * _BLOCK), min(end, (block + 1) * _BLOCK)
        try:
            file.seek(first)
            data = file.read(last - first)
        except OSError:
            data = b""
        blocks.append(data.ljust(last - first, b"\0"))
    return b"".join(blocks)


def _next(file: BinaryIO, salt: bytes, at: int) -> Found | None:
    try:
        head = file.read(HEAD_BYTES)
        length = length_of(head, salt=salt, at=at)
        body = b"" if length is None else file.read(length)
    except OSError:
        return None
    if length is None or not is_body(head, body):
        return None
    return Found(at, at + HEAD_BYTES + length, body)
