"""Numbering, routing and packing thousands of lines at once, in C, where `make setup` compiled it (contract/c).

Whoever asks has the same in plain Python beside it. No header of Python is needed to compile it.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from ctypes import (
    CDLL,
    POINTER,
    PYFUNCTYPE,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_size_t,
    c_ssize_t,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
    pythonapi,
)
from itertools import accumulate, pairwise
from pathlib import Path

from contract.joined import Joined

_LIBRARY = Path(__file__).with_name("_native.so")
_VERSION = 1
_ABREAST = 8  # aggregates that are made at once: it takes hardly longer than one
_uninitialised = PYFUNCTYPE(py_object, c_char_p, c_ssize_t)(("PyBytes_FromStringAndSize", pythonapi))
_SEED = int.from_bytes(os.urandom(8))  # or anybody could choose keys that meet in the hash table

Picked = tuple[Joined, Joined, "array[int]"]
"""Some records of those that came together: all keys, all data, and the places of some, in order."""


class _Joined(Structure):
    _fields_ = (("data", c_char_p), ("bounds", c_void_p))


class _Run(Structure):
    _fields_ = (("keys", _Joined), ("data", _Joined), ("places", c_void_p), ("count", c_uint32))


class _Cursor(Structure):
    _fields_ = (("runs", POINTER(_Run)), ("left", c_uint32), ("at", c_uint32))


class Native:
    """The compiled library. While it works, other threads have the interpreter."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where it is for another machine, or was compiled for another version of this file."""
        library = CDLL(str(path))
        if c_int.in_dll(library, "native_version").value != _VERSION:
            raise OSError(f"{path}: compiled for another version; run make setup")
        text, numbers = (c_char_p, c_uint32), (c_void_p, c_uint32)
        self._numbered = library.kpl_numbered
        self._numbered.restype = None
        self._numbered.argtypes = (c_char_p, *numbers, *text, c_uint64, *numbers, c_void_p, c_void_p)
        self._lanes = library.kpl_lanes
        self._lanes.restype = None
        self._lanes.argtypes = (POINTER(_Joined), c_uint32, *text, c_void_p, c_void_p, c_void_p, c_void_p)
        self._pack = library.kpl_pack
        self._pack.restype = c_int
        found = POINTER(c_size_t), POINTER(c_uint32)
        self._pack.argtypes = (POINTER(_Cursor), c_size_t, c_uint64, c_void_p, c_size_t, *found)

    def numbered(self, lines: Sequence[bytes], stamp: bytes, first: int, foreign: Sequence[int]) -> Joined:
        """As `producers.sdk.numbering.numbered`, from which it is called."""
        data, sizes, places = b"".join(lines), array("I", map(len, lines)), array("I", foreign)
        if sum(sizes) != len(data):
            raise ValueError("a line changed its length: lines are to be bytes")
        bounds, count = _numbers(len(lines) + 1), len(lines) - len(places)
        out = _room(len(data) + count * len(stamp) + _digits(first, first + count))
        given = data, _at(sizes), len(lines), stamp, len(stamp), first, _at(places), len(places)
        self._numbered(*given, out, _at(bounds))
        return Joined(out, bounds)

    def by_lane(self, keys: Joined, lasts: Sequence[bytes]) -> Sequence[array[int]]:
        """The places of the keys, lane by lane, in their order. `lasts`: of each lane the last MD5 that is its own."""
        counts, following = _numbers(len(lasts)), _numbers(len(lasts))
        places, lane = _numbers(len(keys)), _numbers(len(keys))
        out = _at(lane), _at(following), _at(places), _at(counts)
        self._lanes(byref(_joined(keys)), len(keys), b"".join(lasts), len(lasts), *out)
        return [places[start:end] for start, end in pairwise(accumulate(counts, initial=0))]

    def pack(self, picked: Sequence[Picked], limit: int) -> Iterator[tuple[bytes, int]]:
        """As `contract.kpl_write.pack_picked`, from which it is called."""
        runs = (_Run * len(picked))(*(_run(*some) for some in picked if some[2]))
        following = _Cursor(runs, sum(bool(places) for _, _, places in picked), 0)
        sizes, counts = (c_size_t * _ABREAST)(), (c_uint32 * _ABREAST)()
        room = min(_ABREAST * limit, sum(len(keys.data) + len(data.data) for keys, data, _ in picked)) + limit
        out = _room(room + 1)  # it is never cut out whole, which would be no copy
        while following.left:
            made = self._pack(byref(following), limit, _SEED, out, room, sizes, counts)
            if made < 0:
                raise MemoryError
            if not made:  # a record that is longer than the limit
                room = sizes[0]
                out = _room(room + 1)
            at = 0
            for size, count in zip(sizes[:made], counts[:made], strict=True):
                yield out[at : at + size], count
                at += size


def load(path: Path = _LIBRARY) -> Native | None:
    """None where it was not compiled, or for another machine or version."""
    try:
        return Native(path)
    except (OSError, ValueError):  # ValueError: it says no version
        return None


def _room(size: int) -> bytes:
    """For what C writes into, before anybody else sees it; nothing is in it yet."""
    return _uninitialised(None, size)  # type: ignore[no-any-return]


def _digits(first: int, end: int) -> int:
    """How many the numbers from `first` up to `end` have together."""
    found, least = 0, 0
    for length in range(1, len(str(end)) + 1):
        found += length * max(0, min(end, 10**length) - max(first, least))
        least = 10**length
    return found


def _joined(texts: Joined) -> _Joined:
    return _Joined(texts.data, _at(texts.bounds))


def _run(keys: Joined, data: Joined, places: array[int]) -> _Run:
    return _Run(_joined(keys), _joined(data), _at(places), len(places))


def _numbers(count: int) -> array[int]:
    return array("I", bytes(4 * count))


def _at(numbers: array[int]) -> int:
    return numbers.buffer_info()[0]
