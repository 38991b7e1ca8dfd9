"""Recommendations shown and clicked, in buckets of five minutes: what the live guard of a campaign looks at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from contract.codec import Event
from contract.projection import EXPORTED_TYPES
from contract.times import epoch_ms, format_instant, parse_instant

BUCKET_SECONDS = 300
KEPT_DAYS = 30
_EXPORTED = frozenset(EXPORTED_TYPES)


class Clicks(NamedTuple):
    shown: int = 0
    clicked: int = 0

    def plus(self, other: Clicks) -> Clicks:
        return Clicks(self.shown + other.shown, self.clicked + other.clicked)


def clicks_of(event: Event) -> Clicks:
    """What one event counts: an impression with a recommendation was shown, an exported type with one is a click.

    Visitors who refuse analytics or personalization are not counted.
    """
    consent = event.consent
    if event.recommendation_id is None or (consent and False in (consent.analytics, consent.personalization)):
        return Clicks()
    return Clicks(int(event.event_type == "impression"), int(event.event_type in _EXPORTED))


def bucket_of(event: Event) -> int:
    """Epoch seconds at which its bucket begins."""
    seconds = epoch_ms(parse_instant(event.occurred_at)) // 1_000
    return seconds - seconds % BUCKET_SECONDS


def clickthrough(events: Iterable[Event], *, now: datetime) -> dict[str, Clicks]:
    """By start of the bucket, RFC 3339. A bucket that has expired counts no more."""
    found: dict[int, Clicks] = {}
    oldest = now.timestamp() - KEPT_DAYS * 86_400
    for event in events:
        clicks = clicks_of(event)
        if any(clicks) and (bucket := bucket_of(event)) > oldest:
            found[bucket] = found.get(bucket, Clicks()).plus(clicks)
    return {format_instant(datetime.fromtimestamp(bucket, UTC)): clicks for bucket, clicks in sorted(found.items())}


def expires_at(bucket: str) -> int:
    """Epoch seconds."""
    return epoch_ms(parse_instant(bucket)) // 1_000 + KEPT_DAYS * 86_400
