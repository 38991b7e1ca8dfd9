"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

_held: weakref.WeakSet[Lock] = weakref.WeakSet()


class Lock:
    """Held from when it was taken until it is closed. A forked child does not hold what its parent holds."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file
        _held.add(self)

    @property
    def is_held(self) -> bool:
        return self._file is not None

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """None where another has it. Raises OSError where the file cannot be made."""
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        lock = cls(file)  # from here on a forked child lets it go
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextmanager
def alone(path: Path, *, make: bool = True) -> Iterator[None]:
    """Wait until no other process has the lock, and keep it for the length of the block.

    Raises FileNotFoundError where there is no such file and none is to be made.
    """
    file = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)  # a child that another thread forked meanwhile has the file open still
        os.close(file)


def is_locked(path: Path) -> bool:
    """Whether some process holds it. Takes nothing and makes nothing."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)


def _let_go() -> None:
    for lock in list(_held):
        lock.close()


# A copy of the descriptor in a child would keep the lock alive after its owner's death.
os.register_at_fork(after_in_child=_let_go)
