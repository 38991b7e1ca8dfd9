"""A folder that keeps a Store's promises: for the job's tests, and for killing it at any moment."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glue_jobs.store import AlreadyExists, StoredObject


@dataclass(frozen=True, slots=True)
class FolderStore:
    root: Path

    def uri(self, key: str) -> str:
        return f"file://{self.root}/{key}"

    def list(self, prefix: str) -> list[StoredObject]:
        files = (path for path in self.root.rglob("*") if path.is_file() and not path.name.endswith(".crc"))
        found = [self._stored(path) for path in files if str(path.relative_to(self.root)).startswith(prefix)]
        return sorted(found, key=lambda stored: stored.key)

    def read(self, key: str) -> bytes:
        return (self.root / key).read_bytes()

    def copy(self, source: str, key: str) -> str:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.root / source, target)
        return self._stored(target).etag

    def create(self, key: str, data: bytes) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("xb") as file:
                file.write(data)
        except FileExistsError:
            raise AlreadyExists(key) from None

    def put(self, key: str, data: bytes) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            (self.root / key).unlink()

    def _stored(self, path: Path) -> StoredObject:
        data = path.read_bytes()
        modified = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        return StoredObject(
            str(path.relative_to(self.root)), hashlib.md5(data, usedforsecurity=False).hexdigest(), len(data), modified
        )
