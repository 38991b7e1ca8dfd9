"""As much of CBOR (RFC 8949) as the calls of Kinesis need: what starts an item, and any answer read."""

from __future__ import annotations

import struct
from typing import Any, Final

BYTES, TEXT, ARRAY, MAP = 2, 3, 4, 5  # major types
_OTHER: Final = 7
_BREAK: Final = 0xFF
_INDEFINITE: Final = 31
_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes that hold the number
_SIMPLE: Final = {20: False, 21: True, 22: None, 23: None}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
_DEEPEST: Final = 16


def head(major: int, number: int) -> bytes:
    """What an item starts with: its major type, and its value, length or count."""
    if number < 24:  # noqa: PLR2004 - RFC 8949, 3: less stands in the first byte itself
        return bytes((major << 5 | number,))
    for info, size in _SIZES.items():
        if number < 256**size:
            return bytes((major << 5 | info,)) + number.to_bytes(size, "big")
    raise ValueError(f"{number} does not fit into 8 bytes")


def text(value: str) -> bytes:
    encoded = value.encode()
    return head(TEXT, len(encoded)) + encoded


def decode(data: bytes) -> Any:
    """The one item that `data` holds: maps, lists, text, bytes, numbers, booleans and None; tags are left out.

    Raises ValueError where it is no such item, or one of more than 16 levels.
    """
    reader = _Reader(data)
    try:
        value = reader.item(_DEEPEST)
    except (IndexError, TypeError, struct.error) as error:  # it ends too early; a list as a key
        raise ValueError(f"no CBOR: {error}") from error
    if reader.position != len(data):
        raise ValueError("more than one item")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def item(self, levels: int) -> Any:
        if not levels:
            raise ValueError("too deep")
        major, info = divmod(self._data[self.position], 32)
        self.position += 1
        if major == _OTHER:
            return self._other(info)
        if info == _INDEFINITE:
            return self._indefinite(major, levels)
        return self._sized(major, self._number(info), levels - 1)

    def _sized(self, major: int, number: int, levels: int) -> Any:
        match major:
            case 0:
                return number
            case 1:
                return -1 - number
            case 2:
                return self._take(number)
            case 3:
                return self._take(number).decode()
            case 4:
                return [self.item(levels) for _ in range(number)]
            case 5:
                return {self.item(levels): self.item(levels) for _ in range(number)}
        return self.item(levels)  # what a tag is about

    def _number(self, info: int) -> int:
        return int.from_bytes(self._take(_SIZES[info]), "big") if info in _SIZES else _small(info)

    def _take(self, size: int) -> bytes:
        taken = self._data[self.position : self.position + size]
        if len(taken) != size:
            raise ValueError("it ends too early")
        self.position += size
        return taken

    def _other(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info not in _FLOATS:
            raise ValueError(f"simple value {info}")
        return struct.unpack(_FLOATS[info], self._take(_SIZES[info]))[0]

    def _indefinite(self, major: int, levels: int) -> Any:
        """Items until the one that ends them: Java's writers know no count beforehand."""
        items = []
        while self._data[self.position] != _BREAK:
            items.append(self.item(levels - 1))
        self.position += 1
        match major:
            case 2:
                return b"".join(items)
            case 3:
                return "".join(items)
            case 4:
                return items
            case 5:
                return dict(zip(items[::2], items[1::2], strict=True))
        raise ValueError(f"major type {major} has a length")


def _small(info: int) -> int:
    if info > 23:  # noqa: PLR2004 - RFC 8949, 3: what lies between is reserved
        raise ValueError(f"additional information {info}")
    return info
