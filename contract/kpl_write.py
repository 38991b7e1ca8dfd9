"""Packs records into one, in the Kinesis Producer Library's format; `contract.kpl` takes them apart.

The bytes are those that protobuf writes for the format's AggregatedRecord. Keys are the UTF-8 of partition keys. The
KCL drops a whole aggregate, without a word, where one record's key does not belong to the aggregate's shard: whoever
packs gives the keys of one shard alone.
"""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from contract import native
from contract.joined import Joined
from contract.kpl import MAGIC
from contract.native import Picked

_FRAME_BYTES: Final = len(MAGIC) + 16  # with the digest
_SHORT: Final = 128  # numbers below take one byte
_KEY, _HASH_KEY, _RECORD = b"\x0a", b"\x12", b"\x1a"
_KEY_INDEX, _HASH_KEY_INDEX, _DATA = b"\x08", b"\x10", b"\x1a"
_native: Final = native.load()
_MANY: Final = 200  # records: C is quick where it makes several aggregates at once
_PARTS: Final = 4  # of a record: its header, the number of its key (and of its hash key), its data's header, its data


class Aggregate:
    """One open record of many, all of one shard. The outer partition key is the first one's, and so is the outer
    explicit hash key, where the first has one.

    >>> aggregate = Aggregate(limit=51_200)
    >>> aggregate.add(b"u-1", b"one") and aggregate.add(b"u-2", b"two")
    True
    """

    def __init__(self, limit: int) -> None:
        """`limit`: bytes of the whole record, without its partition key."""
        self._limit = limit
        self._size: int
        self._clear()

    @property
    def size(self) -> int:
        """How long what `close` returns is, to the byte."""
        if self.count == 1 and not _is_like_an_aggregate(self._parts[-1]):
            return len(self._parts[-1])
        return self._size if self.count else 0

    def add(self, key: bytes, data: bytes, hash_key: str | None = None) -> bool:
        """Take the record; False, and it is not taken, where it does not fit. A first one always does."""
        number = self._keys.get(key, len(self._keys))
        hashed, hash_number = None if hash_key is None else hash_key.encode(), None
        size = self._size + (0 if key in self._keys else _field(len(key)))
        if hashed is not None:
            hash_number = self._hash_keys.get(hashed, len(self._hash_keys))
            size += 0 if hashed in self._hash_keys else _field(len(hashed))
        parts = _record(data, number, hash_number)
        size += sum(map(len, parts))
        if self.count and size > self._limit:
            return False
        self._keys[key] = number
        if hashed is not None and hash_number is not None:
            self._hash_keys[hashed] = hash_number
        self._parts += parts
        self._size = size
        self.count += 1
        return True

    def close(self) -> bytes:
        """The record as it goes on the stream, a single one as `alone` has it; empty again. b"" where it was empty."""
        closed = _closed(self._keys, self._hash_keys, self._parts) if self.count else b""
        self._clear()
        return closed

    def _clear(self) -> None:
        self.count = 0  # how many it holds
        self._size = _FRAME_BYTES
        self._keys: dict[bytes, int] = {}
        self._hash_keys: dict[bytes, int] = {}
        self._parts: list[bytes] = []


def pack(keys: Sequence[bytes], data: Sequence[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    """What an `Aggregate` makes of the records, one after another: each record for the stream, and how many it holds.

    Quicker; without explicit hash keys.
    """
    if len(keys) != len(data):
        raise ValueError(f"{len(keys)} keys for {len(data)} records")
    return pack_picked([(Joined.of(keys), Joined.of(data), array("I", range(len(keys))))], limit)


def pack_picked(picked: Sequence[Picked], limit: int, *, all_at_once: bool = True) -> Iterator[tuple[bytes, int]]:
    """The same of some records of several that came together. `all_at_once`: all of what is made will be taken."""
    count = sum(len(places) for _, _, places in picked)
    if _native is not None and all_at_once and count >= _MANY:
        return _native.pack(picked, limit)
    keys = (keys[place] for keys, _, places in picked for place in places)
    return pack_in_python(keys, (data[place] for _, data, places in picked for place in places), limit)


def pack_in_python(keys: Iterable[bytes], data: Iterable[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    """The same for a few, or where nothing was compiled; no more of them is read than what is made needs."""
    numbers: dict[bytes, int] = {}
    parts: list[bytes] = []
    size = _FRAME_BYTES
    for key, piece in zip(keys, data, strict=True):
        number = numbers.get(key)
        try:
            own, head, middle = _AROUND[len(piece)]
            if number is None:
                number = len(numbers)
                own += _FIELDS[len(key)]
            record = head, _NUMBERS[number], middle, piece
        except IndexError:
            own = 0 if key in numbers else _field(len(key))
            number = numbers.get(key, len(numbers))
            record = _record(piece, number)
            own += sum(map(len, record))
        size += own
        if size > limit and parts:
            yield _closed(numbers, (), parts), len(parts) // _PARTS
            numbers, parts, record = {key: 0}, [], _record(piece, 0)
            size = _FRAME_BYTES + _field(len(key)) + sum(map(len, record))
        else:
            numbers[key] = number
        parts += record
    if parts:
        yield _closed(numbers, (), parts), len(parts) // _PARTS


def alone(key: bytes, data: bytes, hash_key: str | None = None) -> bytes:
    """One record by itself: its data, but wrapped where readers would take them for an aggregate."""
    if not _is_like_an_aggregate(data):
        return data
    aggregate = Aggregate(0)
    aggregate.add(key, data, hash_key)
    return aggregate.close()


def _is_like_an_aggregate(data: bytes) -> bool:
    return data.startswith(MAGIC)


def _closed(keys: Collection[bytes], hash_keys: Collection[bytes], records: list[bytes]) -> bytes:
    if len(records) == _PARTS and not _is_like_an_aggregate(records[-1]):
        return records[-1]
    return _framed(b"".join(_table(_KEY, keys) + _table(_HASH_KEY, hash_keys) + records))


def _framed(body: bytes) -> bytes:
    return b"".join((MAGIC, body, hashlib.md5(body, usedforsecurity=False).digest()))


def _table(tag: bytes, keys: Collection[bytes]) -> list[bytes]:
    table = [tag] * (3 * len(keys))
    table[1::3] = map(_varint, map(len, keys))
    table[2::3] = keys
    return table


def _record(data: bytes, number: int, hash_number: int | None = None) -> tuple[bytes, bytes, bytes, bytes]:
    """The fields of one record, in the order of their numbers."""
    numbers = _varint(number)
    if hash_number is not None:
        numbers += _HASH_KEY_INDEX + _varint(hash_number)
    _, head, middle = _around(len(data), len(numbers))
    return head, numbers, middle, data


def _around(length: int, numbers: int) -> tuple[int, bytes, bytes]:
    """Of a record with so many bytes of data, and of numbers: its size, and what stands before each."""
    size = len(_KEY_INDEX) + numbers + _field(length)
    return _field(size), _RECORD + _varint(size) + _KEY_INDEX, _DATA + _varint(length)


def _field(length: int) -> int:
    """The size of a field of so many bytes with its tag and its length."""
    return 1 + len(_varint(length)) + length


@lru_cache(maxsize=4_096)
def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= _SHORT:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


# For the records that `pack` is quick with, by the length of the data, or of the key.
_LENGTHS: Final = 2_048
_AROUND: Final = [_around(length, 1) for length in range(_LENGTHS)]
_FIELDS: Final = [_field(length) for length in range(_LENGTHS)]
_NUMBERS: Final = [_varint(number) for number in range(_SHORT)]
