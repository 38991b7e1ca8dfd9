"""Which raw objects a span of time asks for, and whether raw still holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.errors import ConfigurationError
from contract.ledger import Entry
from contract.times import format_instant
from glue_jobs.events.layout import arrival
from glue_jobs.store import Store, StoredObject
from operations.deployment import RAW_KEPT

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole hours of arrival, as Firehose names objects by them: from `start` to before `end`."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{format_instant(self.start)} to {format_instant(self.end)}"

    def days(self) -> Iterator[str]:
        """Prefixes that hold all its objects."""
        day = self.start.date()
        while datetime(day.year, day.month, day.day, tzinfo=UTC) < self.end:
            yield f"dt={day.isoformat()}/"
            day += timedelta(days=1)

    def has(self, key: str) -> bool:
        """Raises ConfigurationError for a raw object whose key does not say when it arrived."""
        return self.start <= arrival(key).hour < self.end


def span_of(start: datetime, end: datetime, *, now: datetime) -> Span:
    """The hours that the two times touch. Raises ConfigurationError for hours that raw cannot hold."""
    hours = Span(_hour_of(start), _hour_of(end - timedelta(microseconds=1)) + _HOUR)
    if start >= end:
        raise ConfigurationError(f"--from {format_instant(start)} is not before --to {format_instant(end)}")
    if start > now:
        raise ConfigurationError(f"--from {format_instant(start)} is still to come")
    if hours.start < now - RAW_KEPT:
        oldest = format_instant(_hour_of(now - RAW_KEPT) + _HOUR)
        raise ConfigurationError(f"raw keeps events for {RAW_KEPT.days} days: --from can be {oldest} or later")
    return hours


def objects_in(raw: Store, span: Span) -> list[StoredObject]:
    """In the order of their arrival."""
    found = [stored for day in span.days() for stored in raw.list(day) if span.has(stored.key)]
    return sorted(found, key=lambda stored: (arrival(stored.key).hour, stored.key))


def require_all(span: Span, objects: Iterable[StoredObject], entries: Iterable[Entry]) -> None:
    """Raises ConfigurationError where the ledger knows of objects of the span that raw no longer holds."""
    known = {key for key in _read(entries) if span.has(key)}
    gone = sorted(known - {stored.key for stored in objects})
    if gone:
        raise ConfigurationError(f"raw no longer holds {len(gone):,} objects of {span}; the first is {gone[0]}")


def unread(objects: Iterable[StoredObject], entries: Iterable[Entry]) -> list[str]:
    """Keys of those that the events job has not read as they are."""
    read = _read(entries)
    return [stored.key for stored in objects if read.get(stored.key) != stored.etag]


def _read(entries: Iterable[Entry]) -> Mapping[str, str]:
    return {account.key: account.etag for entry in entries for account in entry.inputs}


def _hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
