"""A replay asks for whole hours of raw, and refuses those that raw does not hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from contract.errors import ConfigurationError
from contract.ledger import Entry, ObjectAccount
from operations.replay.span import Span, objects_in, require_all, span_of, unread
from tests.support.folder_store import FolderStore

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEYS = [f"dt=2026-11-{day}/hour={hour}/{name}.gz" for day, hour in (("21", "23"), ("22", "00")) for name in "ab"]


def at(hour: int, minute: int = 0, *, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def raw(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path)
    for key in (*KEYS, "dt=2026-11-22/hour=01/a.gz", "dt=2026-11-20/hour=23/a.gz"):
        store.put(key, key.encode())
    return store


def entry(*read: tuple[str, str]) -> Entry:
    inputs = tuple(ObjectAccount(key=key, etag=etag, size=1, lines=1, outcomes={}, producers={}) for key, etag in read)
    return Entry(job="events", number=1, run_id="r", finished_at="", settings={}, inputs=inputs, outputs=())


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(7), at(9), Span(at(7), at(9))),
        (at(7, 59), at(8, 1), Span(at(7), at(9))),
        (at(7, 1), at(7, 2), Span(at(7), at(8))),
        (datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=2))), at(8), Span(at(7), at(8))),
        (NOW - timedelta(days=24, hours=23), NOW, Span(datetime(2026, 10, 29, 10, tzinfo=UTC), at(10, day=23))),
    ],
)
def test_a_span_is_the_hours_that_its_ends_touch(start: datetime, end: datetime, hours: Span) -> None:
    assert span_of(start, end, now=NOW) == hours


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (at(9), at(9), "--from 2026-11-22T09:00:00.000Z is not before --to 2026-11-22T09:00:00.000Z"),
        (at(10, day=23), at(11, day=23), "--from 2026-11-23T10:00:00.000Z is still to come"),
        (
            NOW - timedelta(days=25),
            NOW,
            "raw keeps events for 25 days: --from can be 2026-10-29T10:00:00.000Z or later",
        ),
    ],
)
def test_a_span_that_raw_cannot_hold_is_refused(start: datetime, end: datetime, why: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(why)):
        span_of(start, end, now=NOW)


def test_objects_of_a_span_come_in_the_order_of_their_arrival(raw: FolderStore) -> None:
    found = objects_in(raw, Span(at(23, day=21), at(1)))

    assert [stored.key for stored in found] == KEYS


def test_an_object_that_does_not_say_when_it_arrived_is_refused(raw: FolderStore) -> None:
    raw.put("dt=2026-11-22/stray.gz", b"")

    with pytest.raises(ConfigurationError, match="does not lie under"):
        objects_in(raw, Span(at(0), at(1)))


def test_a_span_of_which_raw_has_lost_objects_is_refused(raw: FolderStore) -> None:
    span = Span(at(0), at(1))
    elsewhere = "dt=2026-11-22/hour=05/x.gz"
    gone = [f"dt=2026-11-22/hour=00/{name}.gz" for name in "yz"]
    objects = objects_in(raw, span)

    require_all(span, objects, [entry(*((stored.key, "other") for stored in objects), (elsewhere, "e"))])
    with pytest.raises(ConfigurationError, match=f"no longer holds 2 objects of .*; the first is {gone[0]}"):
        require_all(span, objects, [entry(*((key, "e") for key in gone))])


def test_objects_that_the_events_job_has_not_read_as_they_are_are_named(raw: FolderStore) -> None:
    first, second = objects_in(raw, Span(at(0), at(1)))

    assert unread([first, second], [entry((first.key, first.etag), (second.key, "older"))]) == [second.key]
    assert unread([first, second], [entry((first.key, first.etag)), entry((second.key, second.etag))]) == []
