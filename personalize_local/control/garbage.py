"""Deletes the directories that no resource names any more: replaced data, models of what was deleted, halves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from personalize_local.control.imports import KIND as IMPORT
from personalize_local.control.imports import report_path
from personalize_local.emulator import Emulator
from personalize_local.jobs.schedule import every

_FOLDERS: Final = ("segments", "versions", "reports")
_FOUND: Final[WeakKeyDictionary[Emulator, set[Path]]] = WeakKeyDictionary()  # at the last round


@every(seconds=5)
def collect(emulator: Emulator) -> None:
    """Only while no job runs: a job reads what was there when it began, and writes what nobody names yet."""
    if emulator.jobs.busy:
        return
    unnamed = _unnamed(emulator)
    # Serving may be about to read what was replaced just now: that goes at the next round.
    for path in unnamed & _FOUND.get(emulator, unnamed):
        _delete(path)
    _FOUND[emulator] = unnamed


def _unnamed(emulator: Emulator) -> set[Path]:
    paths = [Path(path) for resource in emulator.resources for path in _paths(resource.private)]
    named = {above for path in paths for above in (path, *path.parents)}
    data = emulator.settings.data
    named |= {report_path(data, job.name) for job in emulator.resources.of(IMPORT)}
    return {path for folder in _FOLDERS for path in (data / folder).glob("*")} - named


def _paths(private: dict[str, Any]) -> Iterator[str]:
    yield from private.get("segments", [])
    if "model" in private:
        yield private["model"]


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
