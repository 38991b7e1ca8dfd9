"""Settled lines to what is written of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from consumers.realtime.clickthrough import clickthrough
from consumers.realtime.judged import Judged, refuses_personalization
from consumers.realtime.popularity import Popularity
from consumers.realtime.settlement import ACCOUNT_KEPT_DAYS, CONSUMER, Settlement, Watermark
from consumers.realtime.users import happened_at
from contract.projection import EXPORTED_TYPES
from contract.ranges import Ranges
from contract.stream_account import StreamAccount
from contract.times import format_instant

_EXPORTED = frozenset(EXPORTED_TYPES)


def settlement_of(
    shard: str, done: Sequence[Judged], before: Watermark | None, popularity: Popularity, now: datetime
) -> Settlement:
    """Of lines, at least one, that follow the watermark `before`."""
    events = list(_once(done))
    popular = [
        (judged.event.item_id, happened_at(judged).timestamp())
        for judged in events
        if judged.event and judged.event.item_id and judged.event.event_type in _EXPORTED
        if not refuses_personalization(judged.event)
    ]
    return Settlement(
        shard=shard,
        watermark=Watermark(place=done[-1].line.place, version=before.version + 1 if before else 1),
        account=account_of(shard, done, now),
        popularity=popularity.with_events(popular) if popular else None,
        clickthrough=clickthrough((judged.event for judged in events if judged.event), now=now),
        account_expires_at=int((now + timedelta(days=ACCOUNT_KEPT_DAYS)).timestamp()),
    )


def account_of(shard: str, done: Sequence[Judged], now: datetime) -> StreamAccount:
    """What became of every line."""
    producers: dict[str, list[int]] = defaultdict(list)
    for judged in done:
        if judged.stamp:
            producers[judged.stamp[0]].append(judged.stamp[1])
    return StreamAccount(
        consumer=CONSUMER,
        shard=shard,
        first=done[0].line.place,
        last=done[-1].line.place,
        at=format_instant(now),
        outcomes=dict(Counter(judged.outcome for judged in done if judged.outcome is not None)),
        producers={name: Ranges.of(seqs) for name, seqs in producers.items()},
    )


def _once(judged: Iterable[Judged]) -> Iterator[Judged]:
    """Events, those that came twice in this batch once: only what is put carries an id that is remembered."""
    seen = set()
    for one in judged:
        if one.event is not None and one.event.event_id not in seen:
            seen.add(one.event.event_id)
            yield one
