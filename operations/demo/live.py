"""Clicks while somebody watches: what shoppers are recommended before and after, and how soon it changes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from contract.errors import TransientError
from contract.stream_account import StreamAccount
from contract.times import parse_instant
from operations.demo.shelf import Shelf
from producers.sdk.clock import Clock
from producers.sdk.new_event import new_event
from producers.sdk.producer import EventProducer

CLICKS = 3  # of each shopper, in turn
_PATIENCE_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.02


Answer = Sequence[tuple[str, float]]
"""Items with their scores, best first: a click may change these without changing the order."""


class Recommends(Protocol):
    def top(self, user_id: str) -> Answer:
        """What this user is recommended now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A click as its producer stamped it. `changed_ms`: until the shopper was recommended something else."""

    producer_seq: int
    occurred_at: datetime
    changed_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One shopper: what was recommended, what was clicked, what is recommended now."""

    before: Sequence[str]
    clicked: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    shoppers: Mapping[str, Seen]
    clicks: Sequence[Click]
    producer_id: str


def click_live(
    users: Sequence[str], shelf: Shelf, recommends: Recommends, producer: EventProducer, clock: Clock
) -> Live:
    """Each user in turn looks at items far from what he is recommended; returns once all recommendations have moved.

    Raises `TransientError` where a recommendation does not move in time.
    """
    clicks: list[Click] = []
    seen = {}
    for user in users:
        before = recommends.top(user)
        items = shelf.far_from(_items(before), CLICKS)
        now = before
        for item in items:
            click, now = _click(user, item, now, recommends, producer, clock)
            clicks.append(click)
        seen[user] = Seen(before=_items(before), clicked=items, after=_items(now))
    return Live(shoppers=seen, clicks=clicks, producer_id=producer.producer_id)


def _click(
    user: str, item: str, before: Answer, recommends: Recommends, producer: EventProducer, clock: Clock
) -> tuple[Click, Answer]:
    began = time.monotonic()
    event = new_event("click", clock=clock, user_id=user, session_id=f"live-{user}", item_id=item)
    receipt = producer.send(event)
    producer.flush()
    while (now := recommends.top(user)) == before:
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise TransientError(f"a click did not change what its shopper is recommended in {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_LOOK_EVERY_SECONDS)
    changed = (time.monotonic() - began) * 1000
    return Click(
        producer_seq=receipt.producer_seq or 0, occurred_at=parse_instant(event.occurred_at), changed_ms=changed
    ), now


def _items(answer: Answer) -> list[str]:
    return [item for item, _ in answer]


def put_events_ms(clicks: Iterable[Click], producer_id: str, accounts: Iterable[StreamAccount]) -> list[float]:
    """Milliseconds from each click to the entry that says it was put; clicks without an entry are left out."""
    settled = {
        seq: parse_instant(account.at)
        for account in accounts
        if producer_id in account.producers
        for seq in account.producers[producer_id]
    }
    return [
        (settled[click.producer_seq] - click.occurred_at).total_seconds() * 1000
        for click in clicks
        if click.producer_seq in settled
    ]


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """Median and 95th percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return {"p50": round(statistics.median(ordered), 1), "p95": round(_nearest_rank(ordered, 0.95), 1)}


def _nearest_rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of Personalize, asked by boto3."""

    client: Any  # of personalize-runtime
    arn: str
    count: int = 10

    def top(self, user_id: str) -> Answer:
        found = self.client.get_recommendations(campaignArn=self.arn, userId=user_id, numResults=self.count)
        return [(item["itemId"], item.get("score", 0.0)) for item in found["itemList"]]


def read_until(read: Callable[[], Sequence[float]], count: int, *, seconds: float = 10.0) -> Sequence[float]:
    """What `read` says once it has `count` of them, or when the time is over."""
    began = time.monotonic()
    while len(found := read()) < count and time.monotonic() - began < seconds:
        time.sleep(_LOOK_EVERY_SECONDS)
    return found
