"""What serving reads: it does not depend on how batches were cut, nor on lines that come again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.realtime.judged import Judge
from consumers.realtime.lines import Line
from consumers.realtime.popularity import HALF_LIVES, KEPT, Popularity, decode_popularity, encode_popularity
from consumers.realtime.users import RECENT, Happening, Item, after, happenings
from contract.codec import Consent, encode
from contract.times import format_instant
from tests.factories import NOW, event
from tests.support.realtime_world import EARLIEST, SHARD

pytestmark = pytest.mark.unit

JUDGE = Judge(earliest=EARLIEST, sends_interactions=True)


def minute(number: float) -> str:
    """Minutes after eight in the morning of NOW's day."""
    return format_instant(NOW.replace(hour=8, minute=0) + timedelta(minutes=number))


def happened(*events: dict[str, Any], first: int = 1) -> list[Happening]:
    """Of u-1, read one after the other."""
    lines = (
        Line(first + number, 0, NOW.timestamp(), encode(event(**one)).rstrip(b"\n"))
        for number, one in enumerate(events)
    )
    return happenings(map(JUDGE.judge, lines)).get("u-1", [])


def visit(item: Item | None) -> tuple[Any, ...]:
    assert item is not None
    return item.get("session_id"), item["session_started_at"], item["last_event_at"], item["session_events"]


def test_a_user_is_the_newest_items_and_the_visit() -> None:
    item = after(
        None,
        SHARD,
        happened(
            {"event_id": "e-1", "item_id": "i-1", "occurred_at": minute(1), "session_id": "s-1"},
            {"event_id": "e-2", "event_type": "search", "occurred_at": minute(2), "session_id": "s-1"},
            {
                "event_id": "e-3",
                "event_type": "purchase",
                "item_id": "i-2",
                "occurred_at": minute(3),
                "session_id": "s-1",
            },
        ),
    )

    assert item is not None
    assert {**item, "recent": json.loads(item["recent"])} == {
        "recent": [
            {"item_id": "i-2", "event_type": "purchase", "occurred_at": minute(3), "event_id": "e-3"},
            {"item_id": "i-1", "event_type": "view", "occurred_at": minute(1), "event_id": "e-1"},
        ],
        "session_id": "s-1",
        "session_started_at": minute(1),
        "session_events": 3,
        "last_event_at": minute(3),
        "places": {SHARD: f"{3:056d}:00000"},
        "expires_at": int((NOW.replace(hour=8, minute=3) + timedelta(days=90)).timestamp()),
    }


def test_the_visitor_before_login_is_anonymous() -> None:
    lines = [Line(1, 0, NOW.timestamp(), encode(event(user_id=None, anonymous_id="a-1")).rstrip(b"\n"))]

    assert list(happenings(map(JUDGE.judge, lines))) == ["a-1"]


def test_nothing_is_kept_of_a_visitor_who_refuses_personalization() -> None:
    assert happened({"consent": Consent(personalization=False)}) == []
    assert len(happened({"consent": Consent(analytics=False)})) == 1


def test_half_an_hour_of_silence_ends_a_visit() -> None:
    one = after(None, SHARD, happened({"occurred_at": minute(0)}, {"occurred_at": minute(29.9)}))
    two = after(one, SHARD, happened({"occurred_at": minute(59.9)}, first=3))

    assert visit(one) == (None, minute(0), minute(29.9), 2)
    assert visit(two) == (None, minute(59.9), minute(59.9), 1)


def test_another_session_begins_a_visit_and_the_same_goes_on_however_long_the_silence() -> None:
    one = after(None, SHARD, happened({"occurred_at": minute(0), "session_id": "s-1"}))
    same = after(one, SHARD, happened({"occurred_at": minute(50), "session_id": "s-1"}, first=2))
    other = after(same, SHARD, happened({"occurred_at": minute(51), "session_id": "s-2"}, first=3))

    assert visit(same) == ("s-1", minute(0), minute(50), 2)
    assert visit(other) == ("s-2", minute(51), minute(51), 1)


def test_an_event_of_an_earlier_visit_that_comes_late_is_a_recent_item_alone() -> None:
    one = after(None, SHARD, happened({"occurred_at": minute(60), "event_id": "e-1"}))
    late = after(one, SHARD, happened({"occurred_at": minute(0), "event_id": "e-2"}, first=2))

    assert visit(late) == visit(one)
    assert late is not None
    assert [row["event_id"] for row in json.loads(late["recent"])] == ["e-1", "e-2"]


def test_a_clock_that_runs_ahead_does_not_hide_what_comes_after() -> None:
    ahead = format_instant(NOW + timedelta(hours=20))

    item = after(None, SHARD, happened({"occurred_at": ahead}, {"occurred_at": format_instant(NOW)}))

    assert visit(item) == (None, format_instant(NOW), format_instant(NOW), 2)


def test_fifty_items_are_kept_the_newest() -> None:
    events = [{"event_id": f"e-{number:03d}", "occurred_at": minute(number)} for number in range(80)]

    item = after(None, SHARD, happened(*events))

    assert item is not None
    assert [row["event_id"] for row in json.loads(item["recent"])] == [f"e-{n:03d}" for n in range(79, 79 - RECENT, -1)]


@given(
    minutes=st.lists(st.integers(0, 300), min_size=1, max_size=80),
    cuts=st.lists(st.integers(0, 80)),
    again=st.integers(0, 20),
)
def test_how_batches_were_cut_and_what_comes_again_changes_nothing(
    minutes: Sequence[int], cuts: Sequence[int], again: int
) -> None:
    events = [{"event_id": f"e-{number}", "occurred_at": minute(at)} for number, at in enumerate(minutes)]
    found = happened(*events)
    whole = after(None, SHARD, found)

    item: Item | None = None
    bounds = sorted({0, len(found), *(min(cut, len(found)) for cut in cuts)})
    for start, end in pairwise(bounds):
        item = after(item, SHARD, found[max(0, start - again) : end]) or item

    assert item == whole
    assert after(item, SHARD, found) is None


def test_a_user_whose_shard_was_split_is_read_on_by_the_child() -> None:
    one = after(None, "shard-1", happened({"event_id": "e-1"}, first=5))
    two = after(one, "shard-2", happened({"event_id": "e-2"}, first=3))

    assert two is not None
    assert two["session_events"] == 2
    assert sorted(two["places"]) == ["shard-1", "shard-2"]


AT = NOW.timestamp()
EVENTS = st.lists(st.tuples(st.sampled_from(["i-1", "i-2", "i-3"]), st.floats(AT - 3e6, AT + 1e5)), max_size=30)


@given(events=EVENTS, cut=st.integers(0, 30), seed=st.integers())
def test_the_order_of_events_and_batches_does_not_change_popularity(
    events: list[tuple[str, float]], cut: int, seed: int
) -> None:
    shuffled = events[:]
    Random(seed).shuffle(shuffled)

    one = Popularity().with_events(events)
    two = Popularity().with_events(shuffled[:cut]).with_events(shuffled[cut:])

    assert two.landmark == one.landmark
    for name in HALF_LIVES:
        assert two.windows[name] == pytest.approx(one.windows[name], rel=1e-6, abs=1e-8)


def test_an_event_weighs_half_after_a_half_life() -> None:
    popularity = Popularity().with_events([("now", AT), ("then", AT - 3_600)])

    assert popularity.landmark == AT
    assert popularity.windows["hour"] == pytest.approx({"now": 1.0, "then": 0.5})
    assert popularity.windows["day"] == pytest.approx({"now": 1.0, "then": 0.5 ** (1 / 24)})
    assert popularity.windows["week"] == pytest.approx({"now": 1.0, "then": 0.5 ** (1 / 168)})


def test_of_many_items_the_heaviest_are_kept() -> None:
    events = [(f"i-{number:03d}", AT) for number in range(300) for _ in range(1 + number // 100)]

    window = Popularity().with_events(events).windows["week"]

    assert len(window) == KEPT
    assert min(window) == "i-100"


def test_an_item_that_rises_slowly_comes_in_although_all_places_are_taken() -> None:
    popularity = Popularity().with_events([(f"i-{number}", AT) for number in range(KEPT) for _ in range(10)])
    for second in range(30):
        popularity = popularity.with_events([("new", AT + second)])

    assert popularity.windows["week"]["new"] > 30
    assert len(popularity.windows["week"]) == KEPT


def test_what_happened_ages_ago_weighs_nothing() -> None:
    popularity = Popularity().with_events([("old", AT - 1e9), ("new", AT)])

    assert set(popularity.windows["hour"]) == set(popularity.windows["week"]) == {"new"}


def test_weights_are_written_and_read_alike() -> None:
    popularity = Popularity().with_events([("i-1", AT), ("i-2", AT - 100)])

    windows = encode_popularity(popularity)

    assert encode_popularity(decode_popularity(popularity.landmark, windows)) == windows
    assert decode_popularity(popularity.landmark, windows).windows["hour"] == pytest.approx(popularity.windows["hour"])
