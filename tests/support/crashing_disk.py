"""A machine that crashes: of its files stays what was synced, and of their names too."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from producers.sdk.spool.files import DiskFiles


@dataclass(slots=True)
class CrashingDisk:
    """A real disk that knows what a crash would leave."""

    disk: DiskFiles = field(default_factory=DiskFiles)
    _open: dict[int, Path] = field(default_factory=dict)
    _synced: dict[Path, int] = field(default_factory=dict)  # bytes
    _named: set[Path] = field(default_factory=set)

    def create(self, path: Path) -> int:
        file = self.disk.create(path)
        self._open[file] = path
        self._synced[path] = 0
        return file

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        return self.disk.write(file, parts, at)

    def sync(self, file: int) -> None:
        self._synced[self._open[file]] = os.fstat(file).st_size

    def sync_directory(self, path: Path) -> None:
        self._named |= {each for each in self._synced if each.parent == path}

    def cut(self, file: int, size: int) -> None:
        self.disk.cut(file, size)

    def crash(self) -> None:
        """Take away what was not synced."""
        for path, size in self._synced.items():
            if path.exists():
                os.truncate(path, min(size, path.stat().st_size))
                if path not in self._named:
                    path.unlink()
