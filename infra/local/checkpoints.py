"""Where the readers of streams stand, in one small file each, so that a restart goes on there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


class Checkpoints:
    """The position in each shard, by the name of the reader."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> dict[str, str]:
        """Where `name` stands; empty before its first checkpoint."""
        path = self._folder / f"{name}.json"
        positions: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return positions

    def write(self, name: str, positions: Mapping[str, str]) -> None:
        """Remember `positions`; a crash leaves the old ones or the new ones, never half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.json"
        path.with_suffix(".tmp").write_text(json.dumps(dict(positions)))
        path.with_suffix(".tmp").replace(path)

    def forget(self, name: str) -> None:
        """`name` is no more."""
        (self._folder / f"{name}.json").unlink(missing_ok=True)
