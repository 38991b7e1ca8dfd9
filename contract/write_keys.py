"""Write keys, as the deployment and the collector read them: who may send, for which application, and how much."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from contract.errors import ConfigurationError
from contract.events import EVENT

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
