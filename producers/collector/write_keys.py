"""Write keys: who may send, for which application, and how much."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from contract.errors import ConfigurationError
from contract.events import EVENT

_sha256: Callable[[bytes], Any]
try:  # takes less than OpenSSL's for a key; not every Python has it
    from _sha256 import sha256 as _sha256  # type: ignore[import-not-found, no-redef, unused-ignore]
except ImportError:
    _sha256 = hashlib.sha256

MOST_KEYS = 100  # each request is compared with all of them


class WriteKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sha256`: of the key, in hex; the key itself is nowhere. `name` says whose it is in metrics and logs.

    `app_id`: the only application that it may send events of; any where empty. `events_per_second`: no limit where 0;
    `burst`: how many events at once after a silence, as many as in ten seconds where 0.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    app_id: Annotated[str, Meta(pattern=rf"^(?:{EVENT.field('app_id').pattern})?$")] = ""
    events_per_second: Annotated[float, Meta(ge=0)] = 0.0
    burst: Annotated[int, Meta(ge=0)] = 0


class WriteKeys:
    """Looks a key up in a time that does not depend on which it is, nor on how much of it is right."""

    def __init__(self, keys: Sequence[WriteKey]) -> None:
        self._keys = tuple((bytes.fromhex(key.sha256), key) for key in keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, presented: bytes) -> WriteKey | None:
        """The key that was presented, or None where there is no such key."""
        digest: bytes = _sha256(presented).digest()
        found = None
        for sha256, key in self._keys:
            if hmac.compare_digest(sha256, digest):
                found = key
        return found


def parse_write_keys(text: str) -> list[WriteKey]:
    """Of JSON: an array of write keys. Raises `ConfigurationError` that says what is wrong with it."""
    if not text:
        return []
    try:
        keys = msgspec.json.decode(text, type=list[WriteKey])
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"write keys: {error}") from error
    names, hashes = {key.name for key in keys}, {key.sha256 for key in keys}
    if len(names) < len(keys) or len(hashes) < len(keys):
        raise ConfigurationError("write keys: a name or a hash comes twice")
    if boundless := [key.name for key in keys if key.burst and not key.events_per_second]:
        raise ConfigurationError(f"write keys: the burst of {boundless[0]} limits nothing; set events_per_second too")
    if len(keys) > MOST_KEYS:
        raise ConfigurationError(f"write keys: there are {len(keys)}; {MOST_KEYS} is the most")
    return keys
