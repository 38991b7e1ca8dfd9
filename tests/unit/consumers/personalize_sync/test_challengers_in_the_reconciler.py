"""A new version takes over where it beats the one that answers, and is taken back where shoppers turn away."""

from __future__ import annotations

import json

import pytest

from consumers.personalize_sync.campaigns import watch_key
from consumers.personalize_sync.plan import Decision
from consumers.personalize_sync.records import StateRecords
from contract.manifest import INCREMENTAL
from tests.support.mortal import Fuse, Killed
from tests.support.reconciler_alerts import alerts
from tests.support.reconciler_bucket import publish
from tests.support.reconciler_challenge import (
    CHALLENGER,
    CHAMPION,
    POPULARITY,
    USERS,
    challenged,
    click,
    come_again,
    served,
)
from tests.support.reconciler_world import CAMPAIGN, Deployment

pytestmark = pytest.mark.unit


def decided(world: Deployment) -> list[tuple[str, str]]:
    """After the first promotion."""
    return [(each["Decision"], each["SolutionVersion"]) for each in world.news("Personalize Promotion Decided")[1:]]


def versions(world: Deployment) -> int:
    """How many trainings were started."""
    return sum(name.startswith("solution/shop-test-user-personalization/") for name in world.started(""))


def test_a_challenger_is_asked_beside_champion_and_popularity_and_waits_for_users_to_come() -> None:
    world = challenged()

    ended = world.settle()

    asked = [name.rpartition("asked-")[2].split("-") for name in world.started("batch-inference-job")]
    assert len(asked) == 3
    assert {candidate for candidate, _ in asked} == {CHALLENGER.rpartition("/")[2]}
    assert served(world) == CHAMPION
    assert decided(world) == []
    assert ended.is_settled
    assert [why for why in ended.waits if "0 of 100 users came" in why] != []
    inputs = [key for key in world.s3.objects if key.endswith("users.jsonl")]
    assert [len(world.s3.objects[key].splitlines()) for key in inputs] == [len(USERS)]


def test_nothing_is_judged_before_the_baseline_that_was_trained_beside_is_there() -> None:
    world = Deployment.published()
    world.personalize.slow[POPULARITY] = 500.0

    challenged(world)

    made = world.personalize.made.values()
    asked = [each.created for each in made if each.kind == "BatchInferenceJob"]
    popularity = next(each for each in made if each.arn.endswith(POPULARITY))
    assert min(asked) >= popularity.created + 500


def test_a_challenger_that_wins_on_what_users_did_next_takes_over() -> None:
    world = challenged()
    come_again(world, 3)

    world.settle()

    assert served(world) == CHALLENGER
    [detail] = world.news("Personalize Promotion Decided")[1:]
    assert (detail["Decision"], detail["Campaign"], detail["Replaces"]) == ("promoted", CAMPAIGN, CHAMPION)
    assert detail["Numbers"]["users"] == 120
    evaluation = json.loads(world.state.items["evaluation", CHALLENGER]["value"])
    assert (evaluation["ours"]["users"], evaluation["ours"]["champion_arn"]) == (120, CHAMPION)


def test_a_campaign_that_is_changing_is_left_alone_until_it_has() -> None:
    world = challenged()
    come_again(world, 3)

    first, second = world.round(), world.round()

    assert [call.operation for call in first.done] == ["UpdateCampaign"]
    assert (second.done, second.later, second.is_pending) == ((), (), True)


def test_too_few_who_came_again_are_waited_for_and_counted_once_a_publication() -> None:
    world = challenged()
    come_again(world, 3, users=USERS[:60])
    ended = world.settle()
    come_again(world, 4)
    waited = served(world)

    world.settle()

    assert [why for why in ended.waits if "60 of 100 users came" in why] != []
    assert (waited, served(world)) == (CHAMPION, CHALLENGER)


def test_a_challenger_that_users_would_not_have_followed_is_held() -> None:
    world = challenged(finds=False)
    come_again(world, 3)

    world.settle()
    world.settle()

    assert served(world) == CHAMPION
    assert decided(world) == [("held", CHALLENGER)]


def test_one_that_is_worse_by_personalize_s_own_metric_is_held_without_asking_anybody() -> None:
    world = challenged(challenger_ndcg=0.3)

    assert served(world) == CHAMPION
    assert decided(world) == [("held", CHALLENGER)]
    assert world.started("batch-inference-job") == []


def test_nobody_who_comes_again_in_two_days_is_a_lack_of_evidence() -> None:
    world = challenged()

    world.now += 49 * 3_600
    world.settle()

    assert decided(world) == [("held", CHALLENGER)]
    [detail] = world.news("Personalize Promotion Decided")[1:]
    assert detail["Why"].startswith("For lack of evidence")


def test_a_promoted_version_that_shoppers_turn_away_from_is_taken_back_and_never_promoted_again() -> None:
    world = challenged()
    click(world, hours=12, shown=100, clicked=10)
    come_again(world, 3)
    world.settle()
    promoted = served(world)
    click(world, hours=6, shown=100, clicked=2)

    world.settle()
    click(world, hours=30, shown=100, clicked=10)
    world.settle()

    assert (promoted, served(world)) == (CHALLENGER, CHAMPION)
    assert decided(world) == [("promoted", CHALLENGER), ("rolled_back", CHAMPION)]
    detail = world.news("Personalize Promotion Decided")[-1]
    assert (detail["Replaces"], detail["Numbers"]["drop"]) == (CHALLENGER, 0.8)
    assert [name for name, _ in alerts(world.bus.events)] == ["rolled-back"]


def test_a_promoted_version_that_shoppers_like_stays_and_its_watch_ends_once() -> None:
    world = challenged()
    click(world, hours=12, shown=100, clicked=10)
    come_again(world, 3)
    world.settle()
    click(world, hours=25, shown=100, clicked=12)

    world.settle()
    world.settle()

    assert served(world) == CHALLENGER
    assert [(kind, word) for kind, word, _ in world.decisions() if kind == "rollback"] == [("rollback", "kept")]


def test_a_rollback_that_was_decided_before_a_crash_is_done_whatever_shoppers_did_since() -> None:
    world = challenged()
    click(world, hours=12, shown=100, clicked=10)
    come_again(world, 3)
    world.settle()
    decision = Decision(
        key=watch_key(CAMPAIGN, CHALLENGER), kind="rollback", decision="rolled_back", why="", subject=CHAMPION
    )
    StateRecords(world.state).note(decision, at=world.now)
    click(world, hours=6, shown=100, clicked=20)

    world.settle()

    assert served(world) == CHAMPION


def test_no_further_version_is_trained_while_a_challenger_is_judged() -> None:
    world = challenged()
    world.now += 7 * 3_600
    publish(world.s3, "interactions", 3, mode=INCREMENTAL)
    ended = world.settle()
    before = versions(world)
    come_again(world, 4)

    world.settle()

    assert "user-personalization is trained again when its newest version has been judged" in ended.waits
    assert (before, versions(world)) == (2, 3)


def test_killed_at_any_effect_of_a_promotion_and_its_undoing_it_ends_as_one_that_never_was() -> None:
    counted = Fuse(left=10**9)
    alive = _undone(counted).end_state()
    assert [word for _, word, _ in alive["decided"] if word in {"promoted", "rolled_back"}] == [
        "promoted",
        "promoted",
        "rolled_back",
    ]

    for left in range(1, 10**9 - counted.left + 1):
        assert _undone(Fuse(left=left, after=True)).end_state() == alive


def _undone(fuse: Fuse) -> Deployment:
    """Promoted, then rolled back; the process that does it dies at the fuse's end."""
    world = challenged()
    world.personalize.takes = 0.0
    click(world, hours=12, shown=100, clicked=10)
    come_again(world, 3)
    _survived(world, fuse)
    click(world, hours=6, shown=100, clicked=2)
    _survived(world, fuse)
    return world


def _survived(world: Deployment, fuse: Fuse) -> None:
    now = world.now
    try:
        world.settle(fuse=fuse)
    except Killed:
        world.settle()
    world.now = now + 60  # however long it took
