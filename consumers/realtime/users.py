"""What serving knows of a user now: the newest items and the visit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from consumers.realtime.judged import Judged, refuses_personalization
from contract.codec import Event
from contract.projection import EXPORTED_TYPES
from contract.times import format_instant, parse_instant

RECENT = 50
SILENCE = timedelta(minutes=30)
KEPT_DAYS = 90
_SHARDS = 4  # a user's events come by one shard; after a reshard by its child
_EXPORTED = frozenset(EXPORTED_TYPES)

Item = Mapping[str, Any]
"""A user's attributes.

`recent`: JSON text, the newest first, objects of item_id, event_type, occurred_at and event_id (as a list of DynamoDB's
it would cost five times the CPU). `session_id` where the events name one, `session_started_at`, `session_events`,
`last_event_at`. `places`: shard -> key of the last place that is in all this. `expires_at`: epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    session_id: str | None
    started_at: datetime
    last_at: datetime
    events: int

    def goes_on(self, session_id: str | None, at: datetime) -> bool:
        """Whether an event is of this visit: its session says so, else it is not 30 minutes apart."""
        if session_id and self.session_id:
            return session_id == self.session_id
        return self.started_at - SILENCE < at < self.last_at + SILENCE

    def with_event(self, session_id: str | None, at: datetime) -> Visit:
        """After an event; one of an earlier visit that comes late changes nothing."""
        if self.goes_on(session_id, at):
            first, last = min(self.started_at, at), max(self.last_at, at)
            known = self.session_id or session_id
            return replace(self, session_id=known, started_at=first, last_at=last, events=self.events + 1)
        return Visit(session_id=session_id, started_at=at, last_at=at, events=1) if at > self.last_at else self


class Happening(NamedTuple):
    """An event of one user, and where it was read."""

    place: str
    event: Event
    at: datetime


def happened_at(judged: Judged) -> datetime:
    """When the event occurred, or arrived: a clock that runs ahead would hide what comes after."""
    assert judged.event  # noqa: S101 - asked of events alone
    return min(parse_instant(judged.event.occurred_at), datetime.fromtimestamp(judged.line.arrived_at, UTC))


def happenings(judged: Iterable[Judged]) -> dict[str, list[Happening]]:
    """By USER_ID, as in the files; without those of visitors who refuse personalization."""
    found: dict[str, list[Happening]] = {}
    for one in judged:
        if one.event is not None and not refuses_personalization(one.event):
            user = one.event.user_id or one.event.anonymous_id or ""
            found.setdefault(user, []).append(Happening(one.line.place.key, one.event, happened_at(one)))
    return found


def after(item: Item | None, shard: str, found: Sequence[Happening]) -> Item | None:
    """The user after these events, or None where they were all in the item already.

    Every item says up to which place it has read a shard, so that reading again counts nothing twice.
    """
    known: Item = item or {}
    places: Mapping[str, str] = known.get("places", {})
    fresh = [one for one in found if one.place > places.get(shard, "")]
    if not fresh:
        return None
    recent = json.loads(known.get("recent", "[]"))
    seen = {row["event_id"] for row in recent}
    visit, rows = _visit(known), []
    for one in fresh:  # in the order of the shard, so that it does not matter how batches were cut
        if one.event.event_id in seen:
            continue
        seen.add(one.event.event_id)
        visit = _visit_with(visit, one)
        if one.event.event_type in _EXPORTED:
            rows.append(_row(one))
    newest = sorted((*recent, *rows), key=lambda row: (row["occurred_at"], row["event_id"]), reverse=True)[:RECENT]
    return _item(newest, visit, _with_place(places, shard, fresh[-1].place))


def _visit_with(visit: Visit | None, one: Happening) -> Visit:
    session_id = one.event.session_id
    if visit is None:
        return Visit(session_id=session_id, started_at=one.at, last_at=one.at, events=1)
    return visit.with_event(session_id, one.at)


def _row(one: Happening) -> dict[str, str]:
    assert one.event.item_id  # noqa: S101 - exported types need one
    return {
        "item_id": one.event.item_id,
        "event_type": one.event.event_type,
        "occurred_at": format_instant(one.at),
        "event_id": one.event.event_id,
    }


def _visit(item: Item) -> Visit | None:
    if "last_event_at" not in item:
        return None
    return Visit(
        session_id=item.get("session_id"),
        started_at=parse_instant(item["session_started_at"]),
        last_at=parse_instant(item["last_event_at"]),
        events=item["session_events"],
    )


def _with_place(places: Mapping[str, str], shard: str, place: str) -> dict[str, str]:
    newest = sorted({**places, shard: place}.items(), key=lambda pair: pair[1])[-_SHARDS:]
    return dict(sorted(newest))


def _item(recent: list[dict[str, str]], visit: Visit | None, places: Mapping[str, str]) -> Item:
    item: dict[str, Any] = {
        "recent": json.dumps(recent, ensure_ascii=False, separators=(",", ":")),
        "places": dict(places),
    }
    if visit is None:
        return item
    return {
        **item,
        **({"session_id": visit.session_id} if visit.session_id else {}),
        "session_started_at": format_instant(visit.started_at),
        "session_events": visit.events,
        "last_event_at": format_instant(visit.last_at),
        "expires_at": int((visit.last_at + timedelta(days=KEPT_DAYS)).timestamp()),
    }
