"""How far a spool was delivered, in a small file. Lost or damaged it costs repeats, never events."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

_CURSOR = struct.Struct("<8sQQI")
_WHAT = b"CSCURSR1"
_NAME = "cursor"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a frame ends. Positions of one spool compare as the frames were written."""

    segment: int
    end: int
    frame: int = field(default=0, compare=False)  # 1, 2, 3 … as the process counts them that has the spool


def write_cursor(directory: Path, position: Position) -> None:
    """Replace what was there. Raises OSError where the disk refuses."""
    data = (_WHAT, position.segment, position.end)
    new = directory / f"{_NAME}.new"
    new.write_bytes(_CURSOR.pack(*data, crc32(_CURSOR.pack(*data, 0))))
    new.replace(directory / _NAME)


def read_cursor(directory: Path) -> Position | None:
    """None where there is none that can be read."""
    try:
        data = (directory / _NAME).read_bytes()
    except OSError:
        return None
    if len(data) != _CURSOR.size or crc32(data[:-4] + bytes(4)) != int.from_bytes(data[-4:], "little"):
        return None
    return Position(*_CURSOR.unpack(data)[1:3])
