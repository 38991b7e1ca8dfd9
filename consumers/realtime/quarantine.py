"""What cannot be used is kept as it came, with the reason and its place, in objects named by what they hold."""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from consumers.realtime.lines import Line
from contract.times import format_instant

PREFIX = "stream/realtime/"


class Quarantine(Protocol):
    def put(self, key: str, body: bytes) -> None:
        """Raises `TransientError` where it is not kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    line: Line
    reason: str
    rule: str


def objects_of(shard: str, poison: Iterable[Poison]) -> dict[str, bytes]:
    """Key -> body, one object a day of arrival: the same poison has the same key and the same bytes.

    Other poison has another key, wherever a batch was cut: a slow twin of a batch overwrites nothing that it lacks.
    """
    days = defaultdict(list)
    for one in poison:
        days[datetime.fromtimestamp(one.line.arrived_at, UTC).date()].append(one)
    return dict(_object(f"{PREFIX}dt={day}/{shard}/", shard, found) for day, found in sorted(days.items()))


def _object(folder: str, shard: str, poison: list[Poison]) -> tuple[str, bytes]:
    text = "".join(_line(shard, one) for one in poison).encode()
    first = poison[0].line
    name = f"{first.sequence}-{first.sub}-{hashlib.sha256(text).hexdigest()[:16]}.jsonl.gz"
    return folder + name, gzip.compress(text, mtime=0)


def _line(shard: str, poison: Poison) -> str:
    line = poison.line
    values = {
        "reason": poison.reason,
        "rule": poison.rule,
        "shard": shard,
        "sequence": str(line.sequence),
        "sub": line.sub,
        "arrived_at": format_instant(datetime.fromtimestamp(line.arrived_at, UTC)),
        "payload": b64encode(line.data).decode(),
    }
    return json.dumps(values, separators=(",", ":")) + "\n"
