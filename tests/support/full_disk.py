"""Disks that refuse: after so many bytes, or at an operation that a test names."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from producers.sdk.spool.files import DiskFiles


class FullDisk:
    """A real disk but for its faults: `room` bytes are left, None for any number; `broken` operations raise EIO.

    Tests change both while a producer's threads write.
    """

    def __init__(self, room: int | None = None) -> None:
        self.broken: set[str] = set()
        self.calls: list[str] = []
        self._room = room
        self._lock = threading.Lock()
        self._disk = DiskFiles()

    @property
    def room(self) -> int | None:
        with self._lock:
            return self._room

    @room.setter
    def room(self, room: int | None) -> None:
        with self._lock:
            self._room = room

    def create(self, path: Path) -> int:
        self._enter("create")
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._disk.create(path)

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        self._enter("write")
        data = b"".join(parts)
        return self._disk.write(file, [data[: self._take(len(data))]], at)

    def sync(self, file: int) -> None:
        self._enter("sync")
        self._disk.sync(file)

    def sync_directory(self, path: Path) -> None:
        self._enter("sync_directory")
        self._disk.sync_directory(path)

    def cut(self, file: int, size: int) -> None:
        self._enter("cut")
        with self._lock:
            if self._room is not None:
                self._room += os.fstat(file).st_size - size
        self._disk.cut(file, size)

    def _take(self, size: int) -> int:
        """How many of so many bytes there was room for."""
        with self._lock:
            if self._room is None:
                return size
            if not self._room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            taken = min(size, self._room)
            self._room -= taken
            return taken

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
