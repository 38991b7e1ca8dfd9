"""A file of items as a snapshot of a catalog."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigurationError
from producers.replay.rows import file_digest, read_rows

_encode = msgspec.json.Encoder().encode


def read_items(path: Path) -> Iterator[dict[str, Any]]:
    """One row an item in the file's order: `item_id`, and each other column that has a value, in lower case.

    Raises `ConfigurationError` for a file without a column ITEM_ID, and for a row without an id.
    """
    found = read_rows(path)
    names = {name: name.strip().lower() for name in found.header}
    if "item_id" not in names.values():
        raise ConfigurationError(
            f"{path}: its columns are {', '.join(found.header) or 'none'}; a file of items needs ITEM_ID"
        )
    for number, row in enumerate(found.rows, 1):
        values = {names.get(name, name.lower()): value for name, value in (row.values or {}).items()}
        if values.get("item_id") in {None, ""}:
            raise ConfigurationError(f"{path}, row {number}: no item in {row.raw[:200]!r}")
        yield {name: value for name, value in values.items() if value is not None and value != ""}


def encode_items(items: Iterable[dict[str, Any]]) -> bytes:
    """The snapshot's object: gzip JSON lines, the same bytes for the same items."""
    return gzip.compress(b"".join(_encode(item) + b"\n" for item in items), mtime=0)


def snapshot_key(path: Path) -> str:
    """Where the snapshot of this file lies in the raw bucket: the same for the same file."""
    return f"catalog/items/{file_digest(path)[:12]}.json.gz"
