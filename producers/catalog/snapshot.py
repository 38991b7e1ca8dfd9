"""A snapshot: what a catalog said at a time, as the object that goes to the raw bucket."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contract.snapshots import snapshot_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`data`: gzip JSON lines. `left_out`: columns of its file that the contract does not have."""

    dataset: str  # "items", "users"
    taken_at: datetime
    data: bytes
    rows: int
    left_out: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Where it lies in the raw bucket: the same for the same content and time."""
        return snapshot_key(self.dataset, self.taken_at, hashlib.sha256(self.data).hexdigest())


def pack(lines: Iterable[bytes]) -> tuple[bytes, int]:
    """Lines without newline as gzip, the same bytes for the same lines, and how many there were."""
    packed, count = io.BytesIO(), 0
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as file:
        for line in lines:
            file.write(line + b"\n")
            count += 1
    return packed.getvalue(), count
