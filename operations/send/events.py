"""The events of a load: simulated visitors who act now, or the rows of a file as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from contract.codec import Event, Plausible, check
from contract.errors import ConfigurationError, InvalidEvent
from contract.events import EARLIEST, FUTURE_TOLERANCE_HOURS
from contract.ids import time_ordered_id
from contract.times import epoch_ms, format_instant
from operations.send.running import Line
from producers.replay.events import EventMaker
from producers.replay.mapping import recognised
from producers.replay.rows import Row, file_digest, read_rows
from producers.simulator.settings import SimulationSettings
from producers.simulator.simulate import Sent, simulate

TEMPLATES: Final = 5_000
"""Simulated events that are made before the load begins; each goes out again and again, as a new event of its time."""

_AHEAD: Final = timedelta(hours=FUTURE_TOLERANCE_HOURS)
_SIMULATED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NO_EVENT: Final = (InvalidEvent, ValueError, TypeError, OverflowError, OSError)


def simulated(*, seed: int, users: int, now: Callable[[], datetime], entropy: Callable[[int], bytes]) -> Iterator[Line]:
    """Without an end: what visitors of the simulated shop do, each event with an id of its own, at the time it is
    taken."""
    settings = SimulationSettings(seed=seed, events=TEMPLATES, start=_SIMULATED, users=users, broken_share=0)
    templates = [sent.event for sent in simulate(settings) if isinstance(sent, Sent)]
    for template in cycle(templates):
        at = now()
        event_id = time_ordered_id(epoch_ms(at), entropy(10))
        # No sent_at: it would be when it was simulated.
        event = replace(template, event_id=event_id, occurred_at=format_instant(at), sent_at=None)
        yield line_of(event, at)


def of_file(path: Path, *, now: datetime) -> Iterator[Line]:
    """The file's events in order, with the ids and times of a replay: sent twice, they arrive once.

    Rows that make no event are left out: `make demo EVENTS=…` shows them in the quarantine. Raises
    `ConfigurationError` for a file that cannot be read, before anything is sent.
    """
    found = read_rows(path)
    mapping = recognised(found.header)
    if mapping is None:
        raise ConfigurationError(f"{path}: its columns are {', '.join(found.header) or 'none'}, which nobody knows")
    maker = EventMaker(mapping, digest=file_digest(path))
    return (line for number, row in enumerate(found.rows, 1) if (line := _line(maker, row, number, now)) is not None)


def line_of(event: Event, now: datetime) -> Line:
    """Raises `InvalidEvent`."""
    return event.user_id or event.anonymous_id or "", check(event, Plausible(EARLIEST, now + _AHEAD))


def _line(maker: EventMaker, row: Row, number: int, now: datetime) -> Line | None:
    if row.values is None:
        return None
    try:
        return line_of(maker.event(row.values, number), now)
    except _NO_EVENT:
        return None
