"""The parts that make a dataset now: bulk segments and what was put since, in the order in which later ones win."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from personalize_local.data.segments import EVENT_ID, FACTS, SESSION, Part, merged, put_table
from personalize_local.schemas.avro import parse_schema
from personalize_local.schemas.model import DatasetSchema
from personalize_local.state.database import connect

Dataset = Mapping[str, Any]  # arn, schema, domain, segments: as jobs are told of a dataset
_EVENTS: Final = (
    "SELECT seq, event_id, user_id, session_id, item_id, event_type, sent_at, event_value, recommendation_id,"
    " impression, attribution, properties FROM events WHERE dataset = ? ORDER BY seq"
)
_KEYS: Final = {"Items": "ITEM_ID", "Users": "USER_ID"}


def schema_of(dataset: Dataset) -> DatasetSchema:
    return parse_schema(dataset["schema"], dataset["domain"])


def bulk(dataset: Dataset) -> list[Part]:
    """Oldest first."""
    return [Path(segment) for segment in dataset["segments"]]


def put(dataset: Dataset, database: Path, *, until: int | None = None) -> pa.Table:
    """What Put* calls wrote, as a table of the dataset; of events, those up to number `until`."""
    schema = schema_of(dataset)
    with closing(connect(database, readonly=True)) as connection:
        if schema.dataset == "Interactions":
            return put_table(_events(connection, dataset["arn"], schema, until), schema)
        return put_table((record for _, record in _records(connection, dataset["arn"], schema)), schema)


def table_of(dataset: Dataset, database: Path, *, until: int | None = None) -> pa.Table:
    """The dataset as it is now: bulk and put, the newest record of each item or user."""
    schema = schema_of(dataset)
    if schema.dataset == "Interactions":
        return merged([*bulk(dataset), put(dataset, database, until=until)], schema)
    with closing(connect(database, readonly=True)) as connection:
        records = list(_records(connection, dataset["arn"], schema))
    return merged(_by_time(dataset, records, schema), schema)


def last_event(database: Path) -> int:
    """The number of the newest event; 0 where there is none."""
    with closing(connect(database, readonly=True)) as connection:
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    return int(last)


def _by_time(dataset: Dataset, records: list[tuple[float, dict[str, Any]]], schema: DatasetSchema) -> list[Part]:
    segments = [((path / FACTS).stat().st_mtime, path) for path in map(Path, dataset["segments"])]
    timeline: list[tuple[float, Any]] = sorted([*segments, *records], key=lambda pair: pair[0])
    parts: list[Part] = []
    for is_segment, run in groupby((each for _, each in timeline), key=lambda each: isinstance(each, Path)):
        together = list(run)
        parts += together if is_segment else [put_table(together, schema)]
    return parts


def _records(connection: sqlite3.Connection, arn: str, schema: DatasetSchema) -> Iterator[tuple[float, dict[str, Any]]]:
    key = _KEYS[schema.dataset]
    query = "SELECT id, properties, put_at FROM records WHERE dataset = ? ORDER BY seq"
    for record_id, properties, put_at in connection.execute(query, (arn,)):
        yield put_at, _known({key: record_id, **json.loads(properties)}, schema)


def _events(
    connection: sqlite3.Connection, arn: str, schema: DatasetSchema, until: int | None
) -> Iterator[dict[str, Any]]:
    for seq, event_id, user, session, item, kind, at, value, shown_by, impression, source, rest in connection.execute(
        _EVENTS, (arn,)
    ):
        if until is not None and seq > until:
            return
        record = {
            "USER_ID": user,
            "ITEM_ID": item,
            "TIMESTAMP": at,
            "EVENT_TYPE": kind,
            "EVENT_VALUE": value,
            "RECOMMENDATION_ID": shown_by,
            "IMPRESSION": "|".join(json.loads(impression)) if impression else None,
            "EVENT_ATTRIBUTION_SOURCE": source,
            **(json.loads(rest) if rest else {}),
        }
        yield {**_known(record, schema), SESSION: session, EVENT_ID: event_id}


def _known(record: dict[str, Any], schema: DatasetSchema) -> dict[str, Any]:
    """Without columns that the schema has not, or has no longer."""
    return {name: value for name, value in record.items() if name in schema.by_name}
