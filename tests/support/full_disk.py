"""Disks that refuse: after so many bytes, or at an operation that a test names."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from producers.sdk.spool.files import DiskFiles


@dataclass(slots=True)
class FullDisk:
    """A real disk but for its faults: `room` bytes are left; `broken` operations raise EIO."""

    room: int | None = None
    broken: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    disk: DiskFiles = field(default_factory=DiskFiles)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def empty(self) -> None:
        """Make room, while others write."""
        with self.lock:
            self.room = None

    def create(self, path: Path) -> int:
        self._enter("create")
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.disk.create(path)

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        self._enter("write")
        data = b"".join(parts)
        with self.lock:
            taken = data if self.room is None else data[: self.room]
            if self.room is not None:
                if not taken:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self.room -= len(taken)
        return self.disk.write(file, [taken], at)

    def sync(self, file: int) -> None:
        self._enter("sync")
        self.disk.sync(file)

    def sync_directory(self, path: Path) -> None:
        self._enter("sync_directory")
        self.disk.sync_directory(path)

    def cut(self, file: int, size: int) -> None:
        self._enter("cut")
        with self.lock:
            if self.room is not None:
                self.room += os.fstat(file).st_size - size
        self.disk.cut(file, size)

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
