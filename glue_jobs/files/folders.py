"""Folders of pages in a store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from glue_jobs.store import Store


def replace_folder(store: Store, prefix: str, write: Callable[[Path], bool]) -> bool:
    """Put what `write` leaves in a folder below the prefix, in the place of what was there; returns what it says."""
    before = {found.key for found in store.list(prefix)}
    with tempfile.TemporaryDirectory() as folder:
        said = write(Path(folder))
        pages = {f"{prefix}{path.relative_to(folder)}": path for path in Path(folder).rglob("*") if path.is_file()}
        for key, path in pages.items():
            store.put(key, path.read_bytes())
    store.delete(sorted(before - pages.keys()))
    return said
