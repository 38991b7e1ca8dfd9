"""Stores and buses whose process dies at one of their effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from glue_jobs.files.bus import Bus
from glue_jobs.store import StoredObject
from tests.support.folder_store import FolderStore


class Killed(BaseException):
    """No handler of ours may catch it, as none can catch a SIGKILL."""


@dataclass(slots=True)
class Fuse:
    """Burns down with every effect on the stores; at its end the process dies, before that effect or after it."""

    left: int
    after: bool = False

    @contextmanager
    def burning(self) -> Iterator[None]:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        yield
        if self.left == 0:
            raise Killed


@dataclass(frozen=True, slots=True)
class MortalStore:
    """A store whose process dies at an effect."""

    inner: FolderStore
    fuse: Fuse

    def uri(self, key: str) -> str:
        return self.inner.uri(key)

    def list(self, prefix: str) -> list[StoredObject]:
        return self.inner.list(prefix)

    def read(self, key: str) -> bytes:
        return self.inner.read(key)

    def copy(self, source: str, key: str) -> str:
        with self.fuse.burning():
            return self.inner.copy(source, key)

    def put(self, key: str, data: bytes) -> None:
        with self.fuse.burning():
            self.inner.put(key, data)

    def create(self, key: str, data: bytes) -> None:
        with self.fuse.burning():
            self.inner.create(key, data)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            with self.fuse.burning():
                self.inner.delete([key])


@dataclass(frozen=True, slots=True)
class MortalBus:
    """A bus whose process dies at an event."""

    inner: Bus
    fuse: Fuse

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        with self.fuse.burning():
            self.inner.put(detail_type, detail)
