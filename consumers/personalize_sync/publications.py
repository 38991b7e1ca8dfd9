"""Publications of the files' jobs, as far as imports have to look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from contract.manifest import FULL, Manifest, ready_key


class Missing(Exception):
    """An object that something else names is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """`fault`: why its manifest cannot be read, or why its files cannot be imported; empty where they can."""

    dataset: str
    number: int
    manifest: Manifest | None = None
    fault: str = ""

    @property
    def key(self) -> str:
        return ready_key(self.dataset, self.number)

    @property
    def is_full(self) -> bool:
        """An unreadable one is none: nothing is built on it."""
        return self.manifest is not None and self.manifest.mode == FULL

    @property
    def rows(self) -> int:
        return self.manifest.rows if self.manifest else 0

    @property
    def size(self) -> int:
        return sum(file.size for file in self.manifest.files) if self.manifest else 0

    @property
    def last_day_key(self) -> str:
        """Of the file with the last day's interactions; empty where there is none."""
        return self.manifest.last_day_key if self.manifest else ""


Shelf = Mapping[str, tuple[Publication, ...]]
"""By dataset, in order, from the last FULL that Personalize has on."""


class Files(Protocol):
    """The bucket for Personalize. Every call raises `TransientError` while the store is busy."""

    def numbers(self, dataset: str) -> tuple[int, ...]:
        """Of all publications, in order."""
        ...

    def publication(self, dataset: str, number: int) -> Publication:
        """What its manifest says; with a fault where it says nothing that can be read."""
        ...

    def fault(self, publication: Publication) -> str:
        """Why what is there now cannot be imported, or nothing."""
        ...

    def location(self, prefix: str) -> str:
        """s3:// URI."""
        ...

    def has(self, key: str) -> bool: ...

    def read(self, key: str) -> bytes:
        """Raises `Missing`."""
        ...

    def put(self, key: str, data: bytes) -> None: ...
