"""Clocks that are wrong: a client's times, moved by what its clock is off."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from contract.codec import Event
from contract.times import format_instant, parse_instant

TOLERANCE = timedelta(minutes=5)
"""Up to this the way of a request, and a clock as good as most, account for the difference."""

_MINUTE = timedelta(minutes=1)


def corrected(event: Event, received_at: datetime) -> Event | None:
    """The event as a right clock would have told it; None where it does not say when it was sent, or is right enough.

    Moved by whole minutes, so that the same event sent again a moment later mostly stays the same event.
    """
    if event.sent_at is None:
        return None
    off = received_at - datetime.fromisoformat(event.sent_at)
    if abs(off) <= TOLERANCE:
        return None
    off = round(off / _MINUTE) * _MINUTE
    return replace(event, occurred_at=_moved(event.occurred_at, off), sent_at=_moved(event.sent_at, off))


def _moved(instant: str, off: timedelta) -> str:
    return format_instant(parse_instant(instant) + off)
