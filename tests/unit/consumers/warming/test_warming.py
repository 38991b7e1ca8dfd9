"""After a promotion the users who were here last have recommendations of the new version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from consumers.state_table import MemoryState
from consumers.token_bucket import TokenBucket
from consumers.warming.active_users import Seen, most_recent
from consumers.warming.core import Plan, Warming
from consumers.warming.ports import Recommended, Refused
from consumers.warming.promotion import promotion_of
from contract.errors import TransientError
from tests.factories import FakeClock

pytestmark = pytest.mark.unit

CAMPAIGN, VERSION, FILTER = "arn:campaign", "arn:version/2", "arn:filter"
EVENT = {"detail": {"Decision": "promoted", "Campaign": CAMPAIGN, "SolutionVersion": VERSION, "Replaces": "arn:1"}}


@dataclass(slots=True)
class World:
    """Personalize, the features table and the metrics."""

    pages: Sequence[Sequence[Seen]]
    fails: Callable[[str], None] = lambda _: None
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    counted: list[Mapping[Any, int]] = field(default_factory=list)

    def recommended(self, campaign: str, user_id: str, *, filter_arn: str | None) -> Recommended:
        self.asked.append((campaign, user_id, filter_arn))
        self.fails(user_id)
        return Recommended(items=(f"for-{user_id}", "i-2"), recommendation_id=f"r-{user_id}")

    def users(self) -> Iterator[Sequence[Seen]]:
        yield from self.pages

    def keep(self, user_id: str, item: Mapping[str, Any]) -> None:
        self.kept[user_id] = item

    def emit(self, values: Mapping[Any, int], now: datetime) -> None:
        assert now.tzinfo
        self.counted.append(values)


def warming(world: World, *, answering: str = VERSION, filter_name: str = "bought", users: int = 3) -> Warming:
    clock, state = FakeClock(), MemoryState()
    campaigns = {"any": {"arn": CAMPAIGN, "solution_version_arn": answering}}
    state.put(
        "personalize", "resources", {"value": json.dumps({"campaigns": campaigns, "filters": {"bought": FILTER}})}
    )
    plan = Plan(users=users, pages=2, kept=timedelta(hours=24), filter_name=filter_name)
    return Warming(
        personalize=world,
        features=world,
        state=state,
        plan=plan,
        metrics=world,
        bucket=TokenBucket(10, clock),
        clock=clock,
        chance=lambda _, high: high,
    )


def seen(*users: int) -> list[Seen]:
    """User n was here n minutes after nine."""
    return [Seen(f"2026-11-23T09:{n:02}:00.000Z", f"u-{n}") for n in users]


def test_the_latest_users_have_recommendations_of_the_new_version_that_expire() -> None:
    world = World([seen(1, 7, 3), seen(9, 2)])

    report = warming(world).warm(promotion_of(EVENT), until=60)

    assert [user for _, user, _ in world.asked] == ["u-9", "u-7", "u-3"]
    assert set(world.asked) == {(CAMPAIGN, f"u-{n}", FILTER) for n in (9, 7, 3)}
    assert world.kept["u-9"] == {
        "items": ["for-u-9", "i-2"],
        "recommendation_id": "r-u-9",
        "made_at": "2026-11-23T09:30:00.000Z",
        "solution_version_arn": VERSION,
        "expires_at": int(datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp()),
    }
    assert (report and report.warmed, world.counted) == (
        3,
        [{"users_warmed": 3, "users_refused": 0, "warming_throttles": 0}],
    )


def test_a_campaign_that_has_gone_on_to_another_version_is_left_to_that_ones_event() -> None:
    world = World([seen(1)])

    assert warming(world, answering="arn:version/3").warm(promotion_of(EVENT), until=60) is None
    assert (world.asked, world.kept) == ([], {})


def test_without_resources_or_with_a_filter_that_is_not_there_it_is_tried_later() -> None:
    world = World([seen(1)])
    unready = warming(world)
    unready.state.delete("personalize", "resources")

    with pytest.raises(TransientError, match="the reconciler has not said"):
        unready.warm(promotion_of(EVENT), until=60)
    with pytest.raises(TransientError, match="filter sold is not active"):
        warming(world, filter_name="sold").warm(promotion_of(EVENT), until=60)
    assert world.asked == []


def test_no_filter_is_passed_where_none_is_named() -> None:
    world = World([seen(1)])

    warming(world, filter_name="").warm(promotion_of(EVENT), until=60)

    assert world.asked == [(CAMPAIGN, "u-1", None)]


def test_calls_keep_their_rate() -> None:
    world = World([seen(*range(60))])
    function = warming(world, users=60)

    function.warm(promotion_of(EVENT), until=60)

    assert (len(world.kept), 5 <= function.clock.monotonic() <= 6) == (60, True)


def test_a_busy_personalize_is_asked_again() -> None:
    failures = iter([True, True, False, True, False])

    def busy(_: str) -> None:
        if next(failures, False):
            raise TransientError("slow down")

    world = World([seen(1, 2)], fails=busy)
    warming(world).warm(promotion_of(EVENT), until=60)

    assert (set(world.kept), world.counted[0]["warming_throttles"]) == ({"u-1", "u-2"}, 3)


def test_when_the_time_is_over_it_fails_so_that_lambda_tries_again_and_what_was_done_stays() -> None:
    def busy(user: str) -> None:
        if user == "u-1":
            raise TransientError("slow down")

    world = World([seen(1, 2)], fails=busy)

    with pytest.raises(TransientError, match="the time is over"):
        warming(world).warm(promotion_of(EVENT), until=20)

    assert (set(world.kept), [counts["users_warmed"] for counts in world.counted]) == ({"u-2"}, [1])


def test_a_user_whom_personalize_refuses_does_not_stop_the_others() -> None:
    def refuse(user: str) -> None:
        if user == "u-2":
            raise Refused("userId u-2 is odd")

    world = World([seen(1, 2, 3)], fails=refuse)
    with structlog.testing.capture_logs() as logs:
        report = warming(world).warm(promotion_of(EVENT), until=60)

    assert (set(world.kept), report and report.refused) == ({"u-1", "u-3"}, 1)
    assert [(log["event"], log["why_refused"]) for log in logs] == [("users_warmed", "userId … is odd")]


def test_an_event_that_says_no_version_is_a_bug() -> None:
    with pytest.raises(KeyError):
        promotion_of({"detail": {"Campaign": CAMPAIGN}})


@given(
    pages=st.lists(st.lists(st.integers(0, 59), max_size=5), max_size=6),
    count=st.integers(1, 6),
    most_pages=st.integers(1, 7),
)
def test_the_newest_of_what_is_looked_at_are_taken_and_it_is_said_whether_that_was_all(
    pages: list[list[int]], count: int, most_pages: int
) -> None:
    active = most_recent([seen(*page) for page in pages], count=count, most_pages=most_pages)

    looked_at = [user for page in pages[:most_pages] for user in page]
    assert active.user_ids == tuple(
        f"u-{n}" for n in sorted(looked_at, key=lambda n: (n, f"u-{n}"), reverse=True)[:count]
    )
    assert (active.looked_at, active.is_all) == (len(looked_at), len(pages) <= most_pages)
