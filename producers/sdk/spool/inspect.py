"""What lies in spools, looked at from outside: nothing is taken, changed or repaired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contract.errors import ConfigurationError
from producers.sdk.spool.cursor import Position, read_cursor
from producers.sdk.spool.damage import FOLDER
from producers.sdk.spool.directory import LOCK, LOCK_OF_ROOT, folders_in
from producers.sdk.spool.frames import Bad, Found, stamp_of
from producers.sdk.spool.locks import alone, is_locked
from producers.sdk.spool.segments import Segment, segments_in, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """One producer's spool. What is called undelivered may have been delivered: a live process that has nothing more to
    deliver notes the last second's with its next checkpoint.
    """

    producer_id: str
    is_alive: bool  # a process has it
    frames: int  # good ones, whether delivered or not
    undelivered: int  # of them
    undelivered_bytes: int
    oldest_seconds: float  # of the undelivered; never negative
    torn_bytes: int  # begun and never acknowledged; or being written this moment
    damaged: tuple[str, ...]  # segment: from byte, how many


def inspect(root: Path, *, now_ms: int) -> list[Inspected]:
    """Every spool under `root`, each frame of it checked. Raises `ConfigurationError` where one cannot be read."""
    alive = alive_by_producer(root)
    try:
        return list(_those_there(root, alive, now_ms))
    except OSError as error:
        raise _unseen(root, error) from error


def alive_by_producer(root: Path) -> dict[str, bool]:
    """Whose spools there are, and of each whether a process has it. Raises `ConfigurationError` without a root."""
    try:
        with alone(root / LOCK_OF_ROOT, make=False):
            return {folder.name: is_locked(folder / LOCK) for folder in folders_in(root)}
    except OSError as error:
        raise _unseen(root, error) from error


def kept_bytes(root: Path) -> list[Path]:
    """Files with damaged bytes that were copied aside and that nobody has taken away since."""
    folder = root / FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _unseen(root: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"the spools in {root} cannot be looked at: {error}")


def _those_there(root: Path, alive: Mapping[str, bool], now_ms: int) -> Iterator[Inspected]:
    for name, is_alive in alive.items():
        with suppress(FileNotFoundError):  # it was delivered and removed meanwhile
            yield _inspected(root / name, is_alive=is_alive, now_ms=now_ms)


def _inspected(folder: Path, *, is_alive: bool, now_ms: int) -> Inspected:
    delivered = read_cursor(folder) or Position(0, 0)
    frames = torn = 0
    left: list[tuple[int, int]] = []  # bytes, when written
    damaged: list[str] = []
    for segment, found in _everything(folder):
        size = found.end - found.start
        if isinstance(found, Found):
            frames += 1
            is_left = (segment.number, found.end) > (delivered.segment, delivered.end)
            left += [(size, stamp_of(found.body).written_ms)] if is_left else []
        elif found.torn:
            torn += size
        else:
            damaged.append(f"{segment.path.name}: {size} bytes from {found.start}")
    return Inspected(
        producer_id=folder.name,
        is_alive=is_alive,
        frames=frames,
        undelivered=len(left),
        undelivered_bytes=sum(size for size, _ in left),
        oldest_seconds=max(0, now_ms - left[0][1]) / 1000 if left else 0.0,
        torn_bytes=torn,
        damaged=tuple(damaged),
    )


def _everything(folder: Path) -> Iterator[tuple[Segment, Found | Bad]]:
    for segment in segments_in(folder):
        try:
            for found in walk(segment):
                yield segment, found
        except FileNotFoundError:  # delivered meanwhile
            continue
