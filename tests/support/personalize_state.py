"""What lies in the emulator's directory, read past the emulator."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from personalize_local.data.segments import segment_facts
from personalize_local.state.resources import Resource
from tests.support.personalize_load import Event


@dataclass(frozen=True)
class StateOnDisk:
    """`events`: what was put, by event id; `resources` by ARN."""

    data: Path

    def resources(self) -> dict[str, Resource]:
        with self._connection() as connection:
            records = connection.execute("SELECT record FROM resources").fetchall()
        found = [msgspec.json.decode(record, type=Resource) for (record,) in records]
        return {resource.arn: resource for resource in found}

    def events(self, *, after: int = 0) -> list[tuple[int, str, Event]]:
        """(number, event id, event) of those with larger numbers, in their order."""
        query = "SELECT seq, event_id, user_id, item_id, event_type, sent_at FROM events WHERE seq > ? ORDER BY seq"
        with self._connection() as connection:
            return [(seq, name, Event(*event)) for seq, name, *event in connection.execute(query, (after,))]

    def segments(self, dataset: Resource) -> list[int]:
        """Rows of each."""
        return [segment_facts(Path(path)).rows for path in dataset.private.get("segments", [])]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.data / "state.sqlite")) as connection:
            yield connection
