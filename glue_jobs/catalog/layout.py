"""Where the catalog's jobs keep what they refused."""

from __future__ import annotations


def quarantine_key(name: str) -> str:
    """One file a dataset: all lines of the present snapshots that were refused."""
    return f"catalog/{name}/part-00000.parquet"
