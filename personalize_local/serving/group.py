"""What a dataset group knows now: its items, its users, and what they did lately."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.filters.evaluate import CompiledFilter, Interacted
from personalize_local.filters.index import RecordIndex
from personalize_local.limits import RECENT_EVENTS
from personalize_local.schemas.model import DatasetSchema, DatasetType, Field
from personalize_local.serving.counts import Counts
from personalize_local.serving.events import Event, EventLog, is_usable
from personalize_local.serving.model import ServedModel
from personalize_local.serving.recent import Recent
from personalize_local.serving.records import Records
from personalize_local.state.database import connect

Datasets = Mapping[str, Mapping[str, Any]]  # by type: arn, schema, domain, segments


class Group:
    """Built by `load` in any process; kept up to date by `put_event` and `put_records`."""

    def __init__(
        self,
        *,
        schemas: Mapping[DatasetType, DatasetSchema],
        items: RecordIndex,
        item_records: Records,
        user_records: Records,
        recent: Recent | None = None,
    ) -> None:
        self.schemas = schemas
        self.items = items
        self.item_records = item_records
        self.user_records = user_records
        self.filters: dict[str, CompiledFilter] = {}  # by expression
        self.events = EventLog()
        self.last_record = 0  # number of the last put record that it has
        self._recent = recent
        self._shown = Counts()
        self._met = Counts()
        self._rows: dict[str, NDArray[np.intp]] = {}

    def put_event(self, event: Event, impression: Sequence[str] = ()) -> None:
        if event.seq <= self.events.last_seq:
            return
        self.events.add(event)
        row = self.items.row(event.item)
        if row is not None:
            self._met.add(row)
        for item in impression:
            shown = self.items.row(item)
            if shown is not None and item != event.item:
                self._shown.add(shown)

    def put_records(self, dataset_type: DatasetType, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        kept = self.item_records if dataset_type == "Items" else self.user_records
        for name, record in records:
            kept.put(name, record)
            if dataset_type == "Items":
                self.items.put(name, record)

    def current_user(self, user: str | None) -> Mapping[str, Any]:
        """The user's record; nothing of a user that the Users dataset has not."""
        return self.user_records.get(user) if user is not None else {}

    def known(self, model: ServedModel, user: str | None, context: Mapping[str, str]) -> list[int]:
        """The model's tokens of a user and a moment; column names in any case."""
        columns = {field.name.upper(): field.name for field in self._fields("Interactions")}
        moment = {columns[name.upper()]: value for name, value in context.items() if name.upper() in columns}
        return model.tokens.of("Users", self.current_user(user)) + model.tokens.of("Interactions", moment)

    def interacted(self, user: str | None) -> Interacted:
        """Rows of items of the user's latest interactions, by event type; imported and put ones."""

        def rows(event_type: str) -> NDArray[np.intp]:
            if user is None:
                return np.zeros(0, np.intp)
            types = self._types() if event_type == "*" else (event_type,)
            return np.concatenate([np.zeros(0, np.intp), *(self._latest(user, each) for each in types)])

        return rows

    def users_of(self, item: str, event_type: str) -> set[str]:
        """Who had an item lately, by an event type in lower case or "*"."""
        row = self.items.row(item)
        if row is None:
            return set()
        imported = self._recent.users_of(row, event_type) if self._recent else []
        return {*imported, *self.events.users_of(item, event_type)}

    def rows_of(self, model: ServedModel) -> NDArray[np.intp]:
        """The row of each item of a model; items that no dataset has get one."""
        known = self._rows.get(model.directory)
        if known is None:
            known = np.array([self._row_or_new(item) for item in model.items], np.intp)
            self._rows[model.directory] = known
        return known

    def created(self, model: ServedModel) -> NDArray[np.int64]:
        """CREATION_TIMESTAMP of each row; of items newer than the model, now as good as new."""
        times = np.full(len(self.items), np.iinfo(np.int64).max, np.int64)
        times[self.rows_of(model)] = model.created
        return times

    def interactions(self, model: ServedModel) -> NDArray[np.int64]:
        """Of each row: those that the model learned from, and those put since this process looks on."""
        counts = np.zeros(len(self.items), np.int64)
        counts[self.rows_of(model)] = model.interactions
        counts += self._met.first(len(counts))
        return counts

    def ignored(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """How often each of these rows was shown and not chosen."""
        count = len(self.items)
        return np.maximum(0, self._shown.first(count)[rows] - self._met.first(count)[rows])

    def _latest(self, user: str, event_type: str) -> NDArray[np.intp]:
        put = [self.items.row(event.item) for event in self.events.of_type(user, event_type)]
        rows = np.array([row for row in put if row is not None], np.intp)
        imported = self._recent.of(user, event_type) if self._recent else rows[:0]
        together: NDArray[np.intp] = np.concatenate((imported, rows))[-RECENT_EVENTS:]
        return together

    def _types(self) -> set[str]:
        return {*(self._recent.types if self._recent else ()), *self.events.types}

    def _fields(self, dataset_type: DatasetType) -> Sequence[Field]:
        schema = self.schemas.get(dataset_type)
        return schema.fields if schema else ()

    def _row_or_new(self, item: str) -> int:
        row = self.items.row(item)
        return self.items.put(item, {}) if row is None else row


def load_group(datasets: Datasets, database: Path, *, now: float) -> Group:
    """Read all of it from disk: seconds for a million rows, so not on the event loop."""
    # Only a process that has data pays for Arrow.
    from personalize_local.data.parts import bulk, schema_of, table_of  # noqa: PLC0415
    from personalize_local.data.segments import together  # noqa: PLC0415
    from personalize_local.serving.recent_of import recent_of  # noqa: PLC0415

    last_record = _last_record(database)  # before reading: what comes later is caught up with
    schemas: dict[Any, DatasetSchema] = {name: schema_of(dataset) for name, dataset in datasets.items()}
    item_records = Records(table_of(datasets["Items"], database), "ITEM_ID") if "Items" in datasets else Records()
    user_records = Records(table_of(datasets["Users"], database), "USER_ID") if "Users" in datasets else Records()
    items = RecordIndex.build(item_records.ids, item_records.columns(), schemas.get("Items"))
    group = Group(schemas=schemas, items=items, item_records=item_records, user_records=user_records)
    group.last_record = last_record
    if "Interactions" in datasets:
        # Of rows that are the same, filters need not see one alone: that would take as long as all the rest.
        table = together(bulk(datasets["Interactions"]), schemas["Interactions"])
        group._recent = recent_of(table, group._row_or_new)  # noqa: SLF001 - it needs the group's rows
    catch_up(group, datasets, database, now=now)
    return group


def catch_up(group: Group, datasets: Datasets, database: Path, *, now: float) -> None:
    """Read what was put since the group was loaded or last caught up."""
    with closing(connect(database, readonly=True)) as connection:
        if "Interactions" in datasets:
            _read_events(group, datasets["Interactions"]["arn"], connection, now)
        kinds: tuple[DatasetType, ...] = ("Items", "Users")
        types = {datasets[kind]["arn"]: kind for kind in kinds if kind in datasets}
        query = "SELECT seq, dataset, id, properties FROM records WHERE seq > ? ORDER BY seq"
        for seq, dataset, name, properties in connection.execute(query, (group.last_record,)):
            if dataset in types:
                group.put_records(types[dataset], [(name, json.loads(properties))])
            group.last_record = seq


def _last_record(database: Path) -> int:
    with closing(connect(database, readonly=True)) as connection:
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM records").fetchone()
    return int(last)


def _read_events(group: Group, dataset: str, connection: sqlite3.Connection, now: float) -> None:
    query = (
        "SELECT seq, coalesce(user_id, session_id), item_id, event_type, sent_at, event_value, impression FROM events"
        " WHERE dataset = ? AND seq > ? ORDER BY seq"
    )
    for *fields, impression in connection.execute(query, (dataset, group.events.last_seq)):
        event = Event(*fields)
        if is_usable(event.item, event.at, now):
            group.put_event(event, json.loads(impression) if impression else ())
