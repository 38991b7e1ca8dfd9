"""What the spool asks of a disk, and this machine's."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

_sync = getattr(os, "fdatasync", os.fsync)  # the length of a file is synced by both


class Files(Protocol):
    """Each raises OSError where the disk refuses."""

    def create(self, path: Path) -> int:
        """Open a new file for writing. Raises FileExistsError where there is one."""
        ...

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        """Write in one call; how many bytes were taken."""
        ...

    def sync(self, file: int) -> None:
        """Return once what was written survives the machine."""
        ...

    def sync_directory(self, path: Path) -> None:
        """The same for the names in it."""
        ...

    def cut(self, file: int, size: int) -> None:
        """Take away what lies behind `size`."""
        ...


class DiskFiles:
    """This machine's files."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, file: int, parts: Sequence[bytes], at: int) -> int:
        return os.pwritev(file, parts, at)

    def sync(self, file: int) -> None:
        _sync(file)

    def sync_directory(self, path: Path) -> None:
        directory = os.open(path, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def cut(self, file: int, size: int) -> None:
        os.ftruncate(file, size)
