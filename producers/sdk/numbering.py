"""A producer's name and its number, written into each line that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from contract import native
from contract.joined import Joined

_native = native.load()


def stamp_of(producer_id: str) -> bytes:
    """What comes before the number."""
    return f',"producer_id":"{producer_id}","producer_seq":'.encode()


def numbered_line(line: bytes, stamp: bytes, number: int) -> bytes:
    """`line`: one JSON object and its newline."""
    return b"".join((line[:-2], stamp, b"%d}\n" % number))


def numbered(lines: Sequence[bytes], stamp: bytes, first: int, foreign: Sequence[int] = ()) -> Joined:
    """The lines with their numbers from `first` on; those of the places `foreign`, in order, are left as they are."""
    if _native is None:
        return numbered_in_python(lines, stamp, first, foreign)
    return _native.numbered(lines, stamp, first, foreign)


def numbered_in_python(lines: Sequence[bytes], stamp: bytes, first: int, foreign: Sequence[int] = ()) -> Joined:
    """The same where nothing was compiled."""
    strangers, numbers = set(foreign), count(first)
    return Joined.of(
        [line if place in strangers else numbered_line(line, stamp, next(numbers)) for place, line in enumerate(lines)]
    )
