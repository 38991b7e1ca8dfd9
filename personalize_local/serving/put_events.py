"""PutEvents: written to disk, then seen by the user's next request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from personalize_local.emulator import Emulator
from personalize_local.limits import MAX_EVENT_BYTES
from personalize_local.operations import operation
from personalize_local.schemas.model import DatasetSchema
from personalize_local.schemas.properties import parse_properties
from personalize_local.serving.datasets import dataset_of_group, schema_of
from personalize_local.serving.events import Event, is_usable
from personalize_local.serving.ids import new_id
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException

# Browsers send these words for a session that they lost; Personalize answers 200 and drops the events.
NO_SESSION: Final = frozenset({"null", "undefined", "none"})
_COLUMNS: Final = (
    "dataset", "event_id", "user_id", "session_id", "item_id", "event_type", "sent_at", "event_value",
    "recommendation_id", "impression", "attribution", "properties",
)  # fmt: skip
_INSERT: Final = (
    f"INSERT INTO events ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 - our names
    "ON CONFLICT (dataset, event_id) DO NOTHING"
)
Row = tuple[Any, ...]


@operation("PutEvents")
async def put_events(
    emulator: Emulator,
    *,
    tracking_id: str,
    session_id: str,
    event_list: Sequence[Mapping[str, Any]],
    user_id: str | None = None,
) -> None:
    tracker = _tracker(emulator, tracking_id)
    dataset = dataset_of_group(emulator, tracker.group, "Interactions")
    if dataset is None:
        raise InvalidInputException(f"The dataset group of tracker {tracker.arn} has no Interactions dataset.")
    schema = schema_of(emulator, dataset)
    shown = emulator.live.shown
    rows = [_row(event, dataset.arn, schema, user_id, session_id, shown.get) for event in event_list]
    if session_id.lower() in NO_SESSION:
        emulator.live.dropped += len(rows)
        return
    written: list[int | None] = await emulator.database.commit(lambda connection: _insert(connection, rows))
    now = emulator.clock.now()
    for row, seq in zip(rows, written, strict=True):
        if seq is None:
            continue
        _, _, user, session, item, event_type, at, value, _, impression, *_ = row
        if is_usable(item, at, now):
            event = Event(seq, user or session, item, event_type, at, value)
            emulator.live.put_event(tracker.group, event, json.loads(impression) if impression else ())
        else:
            emulator.live.dropped += 1


def _tracker(emulator: Emulator, tracking_id: str) -> Resource:
    for tracker in emulator.resources.of("event-tracker"):
        if tracker.body["trackingId"] == tracking_id:
            if emulator.resources.status(tracker) != ACTIVE:
                break
            return tracker
    raise InvalidInputException(f"Invalid trackingId: no active event tracker has {tracking_id}.")


def _row(
    event: Mapping[str, Any], dataset: str, schema: DatasetSchema, user: str | None, session: str, shown: Any
) -> Row:
    if len(json.dumps(event, ensure_ascii=False).encode()) > MAX_EVENT_BYTES:
        raise InvalidInputException(f"An event has more than {MAX_EVENT_BYTES} bytes.")
    impression = event.get("impression") or shown(event.get("recommendationId"))  # what was said beats what we know
    attribution = event.get("metricAttribution")
    return (
        dataset,
        event.get("eventId") or new_id(),
        user,
        session,
        event.get("itemId"),
        event["eventType"],
        int(event["sentAt"]),
        _float(event.get("eventValue")),
        event.get("recommendationId"),
        json.dumps(impression) if impression else None,
        attribution and attribution["eventAttributionSource"],
        _properties(event.get("properties"), schema),
    )


def _float(number: float | None) -> float | None:
    """JSON has one kind of number: an integer may be larger than SQLite's."""
    return None if number is None else float(number)


def _properties(text: str | None, schema: DatasetSchema) -> str | None:
    if text is None:
        return None
    try:
        return json.dumps(dict(parse_properties(text, schema).values))
    except ValueError as error:
        raise InvalidInputException(str(error)) from error


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[int | None]:
    """The number of each new event; None for one whose eventId is there already."""
    cursors = [connection.execute(_INSERT, row) for row in rows]
    return [cursor.lastrowid if cursor.rowcount else None for cursor in cursors]
