"""Send a file of past events through a producer, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.codec import Event
from contract.errors import ConfigurationError, InvalidEvent
from producers.replay.events import EventMaker
from producers.replay.mapping import Mapping, recognised
from producers.replay.rows import JSON_LINES_ENDINGS, Row, file_digest, read_rows
from producers.sdk.producer import EventProducer
from producers.sdk.stream import Record

_PROGRESS_EVERY = 1_000
_NO_EVENT = (InvalidEvent, ValueError, TypeError, OverflowError, OSError)

HOW_TO_MAP = """give a mapping, a YAML file such as
  fields: {user_id: customer, item_id: sku, occurred_at: time, event_type: action}
  event_types: {buy: purchase}
  time_unit: s        # or ms, or iso"""


class RawSink(Protocol):
    """Where rows go that make no event: `producers.sdk.batches.BatchWriter` is one."""

    def add(self, record: Record) -> None: ...

    def flush(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """`rows` = `accepted` events + `raw` rows, which went to the stream as they came."""

    rows: int
    accepted: int
    raw: int


def replay(
    path: Path,
    producer: EventProducer,
    raw_sink: RawSink,
    mapping: Mapping | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> ReplayResult:
    """Send every row, in order; the caller closes the producer. `progress` hears the number of rows sent.

    A row that makes no event goes to the raw sink with its bytes, so that it is found in the quarantine.
    Raises `ConfigurationError` for a file that cannot be read or whose columns nobody knows.
    """
    found = read_rows(path)
    chosen = mapping or recognised(found.header)
    if chosen is None:
        raise ConfigurationError(f"{path}: its columns are {', '.join(found.header) or 'none'}; {HOW_TO_MAP}")
    _require_columns(chosen, path, found.header)
    maker = EventMaker(chosen, digest=file_digest(path))
    rows = raw = 0
    for rows, row in enumerate(found.rows, 1):  # the count outlives the loop
        event = _event(maker, row, rows)
        if event is None or not _is_accepted(producer, event):
            raw_sink.add(Record(f"{producer.producer_id}-{rows}", row.raw + b"\n"))
            raw += 1
        if rows % _PROGRESS_EVERY == 0:
            progress(rows)
    raw_sink.flush()
    progress(rows)
    return ReplayResult(rows=rows, accepted=rows - raw, raw=raw)


def replay_producer_id(path: Path) -> str:
    """The same for the same file, so that a replay repeats its numbers as well as its ids."""
    return f"replay-{file_digest(path)[:12]}"


def _require_columns(mapping: Mapping, path: Path, header: Sequence[str]) -> None:
    if path.name.lower().endswith(JSON_LINES_ENDINGS):
        return  # an object may leave keys out; in a table a column is there or is not
    if missing := [column for column in mapping.fields.values() if column not in header]:
        raise ConfigurationError(f"{path} has no column {', '.join(missing)}; it has {', '.join(header)}")


def _event(maker: EventMaker, row: Row, number: int) -> Event | None:
    if row.values is None:
        return None
    try:
        return maker.event(row.values, number)
    except _NO_EVENT:
        return None


def _is_accepted(producer: EventProducer, event: Event) -> bool:
    try:
        producer.send(event)
    except InvalidEvent:
        return False
    return True
