"""Which write key it is that somebody presents."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from contract.write_keys import WriteKey


class WriteKeys:
    """Looks a key up in a time that does not depend on which it is, nor on how much of it is right."""

    def __init__(self, keys: Sequence[WriteKey]) -> None:
        self._keys = tuple((bytes.fromhex(key.sha256), key) for key in keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, presented: bytes) -> WriteKey | None:
        """The key that was presented, or None where there is no such key."""
        digest = hashlib.sha256(presented).digest()
        found = None
        for sha256, key in self._keys:
            if hmac.compare_digest(sha256, digest):
                found = key
        return found
