"""Packs records into one, in the Kinesis Producer Library's format; `contract.kpl` takes them apart.

The bytes are those that protobuf writes for the format's AggregatedRecord. Keys are the UTF-8 of partition keys. The
KCL drops a whole aggregate, without a word, where one record's key does not belong to the aggregate's shard: whoever
packs gives the keys of one shard alone.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from operator import add
from typing import Final

from contract.kpl import MAGIC

_FRAME_BYTES: Final = len(MAGIC) + 16  # with the digest
_SHORT: Final = 128  # numbers below take one byte
_KEY, _HASH_KEY, _RECORD = b"\x0a", b"\x12", b"\x1a"
_KEY_INDEX, _HASH_KEY_INDEX, _DATA = b"\x08", b"\x10", b"\x1a"
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
        size = self._size + (0 if key in self._keys else _with_header(len(key)))
        if hashed is not None:
            hash_number = self._hash_keys.get(hashed, len(self._hash_keys))
            size += 0 if hashed in self._hash_keys else _with_header(len(hashed))
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

    Quicker, most so for data below 2 KiB and up to 128 keys in an aggregate; without explicit hash keys.
    """
    if len(keys) != len(data):
        raise ValueError(f"{len(keys)} keys for {len(data)} records")
    at, taken = 0, 1
    while taken:
        taken, until = 0, at + _BLOCK
        for packed, count in _by_tables(keys[at:until], data[at:until], limit, is_last=until >= len(keys)):
            yield packed, count
            taken += count
        at += taken
    yield from _one_by_one(keys[at:], data[at:], limit)


def _by_tables(
    keys: Sequence[bytes], data: Sequence[bytes], limit: int, *, is_last: bool
) -> Iterator[tuple[bytes, int]]:
    """As far as the tables know what is needed, and as aggregates are sure to be full; the last need not be.

    All that is done for each record is done by the interpreter's own functions.
    """
    lengths, key_lengths = list(map(len, data)), list(map(len, keys))
    if not lengths or max(lengths) >= _LENGTHS or max(key_lengths) >= _LENGTHS:
        return
    key_sizes = list(map(_KEY_SIZES.__getitem__, key_lengths))
    ends = list(accumulate(map(add, map(_SIZES.__getitem__, lengths), key_sizes)))  # as if no key came twice
    at = 0
    while at < len(keys):
        numbers, to = _that_fit(keys, key_sizes, ends, at, limit - _FRAME_BYTES)
        if len(numbers) > _SHORT or (to == len(keys) and not is_last):
            return
        if to - at == 1:
            yield alone(keys[at], data[at]), 1
        else:
            yield _framed(_body(numbers, keys[at:to], data[at:to], lengths[at:to])), to - at
        at = to


def _that_fit(
    keys: Sequence[bytes], key_sizes: Sequence[int], ends: Sequence[int], at: int, room: int
) -> tuple[Collection[bytes], int]:
    """The keys of an aggregate that begins at `at`, each once, and where it ends. A first record always fits."""
    room += ends[at - 1] if at else 0
    found: dict[bytes, None] = {}
    to = at
    while True:
        more = max(bisect_right(ends, room, to), at + 1)
        if more == to < len(keys) and keys[to] in found and ends[to] - key_sizes[to] <= room:
            more = to + 1
        if more == to:
            return found, to
        known = len(found)
        found |= dict.fromkeys(keys[to:more])
        if len(found) - known < more - to:  # what comes again needs no room in the table
            room += sum(key_sizes[to:more]) - sum(_KEY_SIZES[len(key)] for key in islice(found, known, None))
        to = more


def _body(numbers: Collection[bytes], keys: Sequence[bytes], data: Sequence[bytes], lengths: Sequence[int]) -> bytes:
    first = 2 * len(numbers)
    parts = [b""] * (first + _PARTS * len(keys))
    parts[0:first:2] = map(_KEY_HEADERS.__getitem__, map(len, numbers))
    parts[1:first:2] = numbers
    parts[first::_PARTS] = map(_RECORD_HEADERS.__getitem__, lengths)
    parts[first + 1 :: _PARTS] = map(dict(zip(numbers, _NUMBERS, strict=False)).__getitem__, keys)
    parts[first + 2 :: _PARTS] = map(_DATA_HEADERS.__getitem__, lengths)
    parts[first + 3 :: _PARTS] = data
    return b"".join(parts)


def _one_by_one(keys: Sequence[bytes], data: Sequence[bytes], limit: int) -> Iterator[tuple[bytes, int]]:
    numbers: dict[bytes, int] = {}
    parts: list[bytes] = []
    size = _FRAME_BYTES
    for key, piece in zip(keys, data, strict=True):
        length, number = len(piece), numbers.get(key)
        try:
            if number is None:
                number = len(numbers)
                after = size + _KEY_SIZES[len(key)] + _SIZES[length]
            else:
                after = size + _SIZES[length]
            record = _RECORD_HEADERS[length], _NUMBERS[number], _DATA_HEADERS[length], piece
        except IndexError:
            number = numbers.get(key, len(numbers))
            record = _record(piece, number)
            after = size + (0 if key in numbers else _with_header(len(key))) + sum(map(len, record))
        if after > limit and parts:
            yield _closed(numbers, (), parts), len(parts) // _PARTS
            numbers, parts, number, record = {}, [], 0, _record(piece, 0)
            after = _FRAME_BYTES + _with_header(len(key)) + sum(map(len, record))
        numbers[key] = number
        parts += record
        size = after
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
    size = len(_KEY_INDEX) + len(numbers) + _with_header(len(data))
    return _RECORD + _varint(size) + _KEY_INDEX, numbers, _DATA + _varint(len(data)), data


def _with_header(length: int) -> int:
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
_BLOCK: Final = 1_024  # records that are looked at together
_KEY_HEADERS: Final = [_KEY + _varint(length) for length in range(_LENGTHS)]
_KEY_SIZES: Final = [_with_header(length) for length in range(_LENGTHS)]
_SIZES: Final = [_with_header(2 + size) for size in _KEY_SIZES]
_RECORD_HEADERS: Final = [_RECORD + _varint(2 + size) + _KEY_INDEX for size in _KEY_SIZES]
_DATA_HEADERS: Final = [_DATA + _varint(length) for length in range(_LENGTHS)]
_NUMBERS: Final = [_varint(number) for number in range(_SHORT)]
