"""Objects that a batch leaves in S3, named by what they hold: a snapshot of changed rows, and what cannot be used."""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from consumers.catalog.changes import Change, Unusable
from contract.snapshots import snapshot_key
from contract.times import format_instant

QUARANTINE = "catalog-changes/"


class Objects(Protocol):
    """One bucket."""

    def put(self, key: str, body: bytes) -> None:
        """Raises `TransientError` where it is not kept."""
        ...


def snapshot_of(dataset: str, changes: Sequence[Change]) -> tuple[str, bytes]:
    """Key and body of a snapshot of these rows alone: in the files the newest version of an id counts, whatever the
    snapshot it is in. The same changes have the same key and bytes."""
    lines = [json.dumps(dict(change.row), ensure_ascii=False, separators=(",", ":")) for change in _in_order(changes)]
    body = gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0)
    taken_at = max(change.told_at for change in changes)
    return snapshot_key(dataset, taken_at, hashlib.sha256(body).hexdigest()), body


def quarantined(found: Iterable[Unusable]) -> dict[str, bytes]:
    """Key -> body, one object a day of arrival."""
    days = defaultdict(list)
    for one in sorted(found, key=lambda each: (each.arrived_at, each.message)):
        days[one.arrived_at.date()].append(one)
    return dict(_object(f"{QUARANTINE}dt={day}/", own) for day, own in sorted(days.items()))


def _object(folder: str, found: Sequence[Unusable]) -> tuple[str, bytes]:
    text = "".join(_line(one) for one in found).encode()
    return f"{folder}{hashlib.sha256(text).hexdigest()[:32]}.jsonl.gz", gzip.compress(text, mtime=0)


def _line(one: Unusable) -> str:
    values = {
        "reason": one.reason,
        "rule": one.rule,
        "message": one.message,
        "arrived_at": format_instant(one.arrived_at),
        "payload": b64encode(one.body).decode(),
    }
    return json.dumps(values, separators=(",", ":")) + "\n"


def _in_order(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda each: (each.id, each.version))
