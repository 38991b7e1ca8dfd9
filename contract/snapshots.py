"""Where snapshots of the catalog lie in the raw bucket: the keys say of what, from when, and sort by time."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from contract.errors import ConfigurationError

DATASETS = ("items", "users")

_KEY = re.compile(
    r"catalog/(?:items|users)/dt=([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9]{2})([0-9]{2})([0-9]{2})Z-[0-9a-f]{12}\.json\.gz"
)
_is_digest = re.compile(r"[0-9a-f]{12,}").fullmatch


def snapshot_prefix(dataset: str) -> str:
    """Where the snapshots of a dataset lie. Raises `ConfigurationError` for what is none of the catalog's."""
    if dataset not in DATASETS:
        raise ConfigurationError(f"the catalog has {' and '.join(DATASETS)}, not {dataset!r}")
    return f"catalog/{dataset}/"


def snapshot_key(dataset: str, taken_at: datetime, digest: str) -> str:
    """Where a snapshot lies; its time is cut to the second. `digest`: of its bytes, in hex.

    Raises `ConfigurationError` for another dataset, a time without a zone and what is no digest.
    """
    prefix = snapshot_prefix(dataset)
    if taken_at.tzinfo is None:
        raise ConfigurationError(f"a snapshot's time needs a zone, unlike {taken_at}")
    if not _is_digest(digest):
        raise ConfigurationError(f"{digest!r} is no digest: 12 or more lower-case hex digits")
    at = taken_at.astimezone(UTC)
    return f"{prefix}dt={at:%Y-%m-%d}/{at:%H%M%S}Z-{digest[:12]}.json.gz"


def snapshot_time(key: str) -> datetime:
    """When the snapshot with this key was taken. Raises `ConfigurationError` for a key that does not say."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ConfigurationError(f"{key!r} is no snapshot: {snapshot_prefix('items')}dt=YYYY-MM-DD/HHMMSSZ-….json.gz")
    day, *clock = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{':'.join(clock)}+00:00")
    except ValueError as error:
        raise ConfigurationError(f"{key!r} names no time: {error}") from error
