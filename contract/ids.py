"""Identifiers: time-ordered UUIDs for what happens now, derived ones for what is replayed."""

from __future__ import annotations

import uuid

_VARIANT = 0b10 << 62
_REPLAY = uuid.UUID("5c1f6f8e-64f5-5ad5-9d0f-3b7a3c1f2d10")  # namespace of replayed rows


def time_ordered_id(at_ms: int, random: bytes) -> str:
    """A version 7 UUID (RFC 9562) of a time in epoch milliseconds and 10 random bytes."""
    noise = int.from_bytes(random[:10], "big")
    high, low = noise >> 68, noise & ((1 << 62) - 1)
    return str(uuid.UUID(int=(at_ms & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | _VARIANT | low))


def replayed_id(file_digest: str, row: int) -> str:
    """The id of a file's row: the same at every replay of the same file."""
    return str(uuid.uuid5(_REPLAY, f"{file_digest}:{row}"))
