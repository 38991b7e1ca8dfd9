"""Clicks while somebody watches: far from what was recommended, and timed to the change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contract.codec import Plausible, decode
from contract.ranges import Ranges
from contract.stream_account import Place, StreamAccount
from operations.demo.live import Answer, Click, click_live, percentiles, put_events_ms
from operations.demo.shelf import Shelf
from producers.sdk.clock import SystemClock
from producers.sdk.memory import MemoryStream
from producers.sdk.producer import EventProducer

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHELF = Shelf(
    names={"s1": "red shoes"},
    kinds={"s1": "shoes", "s2": "shoes", "t1": "tents", "t2": "tents", "t3": "tents", "l1": "lamps"},
    demand={"s1": 9, "s2": 8, "t1": 1, "t2": 3, "t3": 2, "l1": 7},
)


class FollowsTheStream:
    """Recommends what was clicked last, then shoes."""

    def __init__(self, stream: MemoryStream) -> None:
        self._stream = stream

    def top(self, user_id: str) -> Answer:
        plausible = Plausible(NOON - timedelta(days=9), datetime.max.replace(tzinfo=UTC))
        lines = [r.data for r in self._stream.lines if not r.data.startswith(b'{"checkpoint"')]
        events = [decode(line, plausible) for line in lines]
        items = [*(str(e.item_id) for e in reversed(events) if e.user_id == user_id), "s1", "s2"]
        return [(item, 1 / len(items)) for item in items]


def test_the_most_wanted_items_of_the_rarest_kind_are_far() -> None:
    assert SHELF.far_from(["s1", "s2"], 2) == ["t2", "t3"]
    assert SHELF.far_from(["t2", "l1"], 2) == ["s1", "s2"]
    assert SHELF.far_from(["s1"], 9) == []


def test_an_item_without_a_name_goes_by_its_id() -> None:
    assert (SHELF.name("s1"), SHELF.name("t1")) == ("red shoes", "t1")


def test_each_shopper_clicks_far_away_and_is_seen_before_and_after() -> None:
    stream = MemoryStream()
    with EventProducer(stream, clock=SystemClock(), producer_id="live") as producer:
        live = click_live(["u-1", "u-2"], SHELF, FollowsTheStream(stream), producer, SystemClock())

    assert [(user, seen.before, seen.clicked, seen.after) for user, seen in live.shoppers.items()] == [
        (user, ["s1", "s2"], ["t2", "t3", "t1"], ["t1", "t3", "t2", "s1", "s2"]) for user in ("u-1", "u-2")
    ]
    assert [click.producer_seq for click in live.clicks] == [1, 2, 3, 4, 5, 6]
    assert all(0 <= click.changed_ms < 5_000 for click in live.clicks)


def test_the_ledger_says_when_each_click_was_put() -> None:
    clicks = [Click(producer_seq=n, occurred_at=NOON + timedelta(seconds=n), changed_ms=0) for n in (1, 2, 3)]
    accounts = [account("2026-11-23T12:00:02.500Z", {"live": "1-2"}), account("2026-11-23T13:00:00.000Z", {"b": "3"})]

    assert put_events_ms(clicks, "live", accounts) == [1_500.0, 500.0]


def test_percentiles_are_the_median_and_the_nearest_rank() -> None:
    assert percentiles([float(n) for n in range(1, 21)]) == {"p50": 10.5, "p95": 19.0}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0}
    assert percentiles([]) is None


def account(at: str, producers: dict[str, str]) -> StreamAccount:
    return StreamAccount(
        consumer="realtime",
        shard="shardId-000000000000",
        first=Place(sequence=1),
        last=Place(sequence=2),
        at=at,
        outcomes={"delivered": 2},
        producers={name: Ranges.parse(seqs) for name, seqs in producers.items()},
    )
