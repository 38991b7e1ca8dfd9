"""Which lines were replayed: one object a part of a run, put once its lines are on their way, never overwritten."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from contract.errors import TransientError
from contract.times import format_instant
from glue_jobs.store import AlreadyExists, Store

PREFIX: Final = "_replayed/"
_TRIES = 20


class Replayed(Protocol):
    def known(self) -> set[bytes]:
        """Digests of all lines that were replayed."""
        ...

    def note(self, digests: Sequence[bytes], *, at: datetime) -> str:
        """From now on these are known; returns where that is written."""
        ...


@dataclass(frozen=True, slots=True)
class StoreReplayed:
    """In the quarantine bucket: what it forgets, it forgets with the lines themselves or after them."""

    store: Store

    def known(self) -> set[bytes]:
        parts = (_read(self.store.read(found.key)) for found in self.store.list(PREFIX))
        return {bytes.fromhex(digest) for part in parts for digest in part["lines"]}

    def note(self, digests: Sequence[bytes], *, at: datetime) -> str:
        part = {"at": format_instant(at), "lines": [digest.hex() for digest in digests]}
        body = gzip.compress(json.dumps(part).encode(), mtime=0)
        for _ in range(_TRIES):
            key = f"{PREFIX}{self._next():010d}.json.gz"
            try:
                self.store.create(key, body)
            except AlreadyExists:  # another run was faster
                continue
            return key
        raise TransientError("others replay all the time; run again")

    def _next(self) -> int:
        found = self.store.list(PREFIX)
        return int(found[-1].key.removeprefix(PREFIX).partition(".")[0]) + 1 if found else 1


def _read(body: bytes) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(gzip.decompress(body))
    return part
