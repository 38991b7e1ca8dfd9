"""The Kinesis Producer Library's format and its routing in C, where `make setup` compiled it (contract/c).

Whoever asks has the same in plain Python beside it. No header of Python is needed to compile it, and it may be loaded
into any interpreter of the same machine.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from ctypes import POINTER, PyDLL, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p, create_string_buffer
from itertools import islice
from pathlib import Path

_LIBRARY = Path(__file__).with_name("_kpl.so")
_HEADER_BYTES = 32  # at most, of what stands before a key or before a record's data
_FRAME_BYTES = 20
_ABREAST = 8  # aggregates that are hashed at once
_RECORDS = 256  # looked at, at first, for each of them
_TEXTS = c_char_p, c_void_p  # one behind the other, and their sizes
_SEED = int.from_bytes(os.urandom(8))  # nobody can choose keys that meet in the hash table


class Native:
    """The compiled library. It keeps the interpreter's lock: what it does takes less time than another's turn."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where it is for another machine."""
        library = PyDLL(str(path))
        self._lanes = library.kpl_lanes
        self._lanes.restype = None
        self._lanes.argtypes = (*_TEXTS, c_uint32, c_char_p, c_uint32, c_void_p, c_void_p, c_void_p, c_void_p)
        self._pack = library.kpl_pack
        self._pack.restype = c_int
        numbers = c_uint32, c_size_t, c_uint64, c_int, c_int
        self._pack.argtypes = (*_TEXTS, *_TEXTS, *numbers, c_void_p, POINTER(c_size_t), POINTER(c_uint32))

    def by_lane(self, keys: Sequence[bytes], lasts: Sequence[bytes]) -> list[Sequence[int]]:
        """The places of the keys, lane by lane, in their order. `lasts`: of each lane the last MD5 that is its own."""
        sizes, counts = _sizes(keys), _numbers(len(lasts))
        places, lane, following = _numbers(len(keys)), _numbers(len(keys)), _numbers(len(lasts))
        scratch = _at(lane), _at(following), _at(places), _at(counts)
        self._lanes(b"".join(keys), _at(sizes), len(keys), b"".join(lasts), len(lasts), *scratch)
        each = iter(places)
        return [array("I", islice(each, count)) for count in counts]

    def pack(self, keys: Sequence[bytes], data: Sequence[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
        """As `contract.kpl_write.pack`, from which it is called."""
        at, most, records = 0, 1, _RECORDS
        while at < len(keys):
            end = min(len(keys), at + most * records)
            made = self._packed(keys[at:end], data[at:end], limit, most, is_all=end == len(keys))
            yield from made
            at += sum(count for _, count in made)
            # Whoever takes a few only shall not wait for many.
            most = min(_ABREAST, most * 2)
            records *= 1 if made else 2

    def _packed(
        self, keys: Sequence[bytes], data: Sequence[bytes], limit: int, most: int, *, is_all: bool
    ) -> list[tuple[bytes, int]]:
        key_sizes, data_sizes = _sizes(keys), _sizes(data)
        joined_keys, joined = b"".join(keys), b"".join(data)
        room = len(joined_keys) + len(joined) + 2 * _HEADER_BYTES * len(keys) + _ABREAST * _FRAME_BYTES
        out, sizes, counts = create_string_buffer(room), (c_size_t * _ABREAST)(), (c_uint32 * _ABREAST)()
        given = joined_keys, _at(key_sizes), joined, _at(data_sizes), len(keys)
        made = self._pack(*given, limit, _SEED, most, is_all, out, sizes, counts)
        if made < 0:
            raise MemoryError
        view, found, at = memoryview(out), [], 0
        for size, count in islice(zip(sizes, counts, strict=True), made):
            found.append((view[at : at + size].tobytes(), count))
            at += size
        return found


def load(path: Path = _LIBRARY) -> Native | None:
    """None where it was not compiled, or for another machine."""
    try:
        return Native(path)
    except OSError:
        return None


def _sizes(texts: Sequence[bytes]) -> array[int]:
    return array("I", map(len, texts))


def _numbers(count: int) -> array[int]:
    return array("I", bytes(4 * count))


def _at(numbers: array[int]) -> int:
    return numbers.buffer_info()[0]
