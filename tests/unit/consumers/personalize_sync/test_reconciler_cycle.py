"""From nothing to a deployment that is as desired: in order, once, and whoever is killed or runs beside."""

from __future__ import annotations

import json
from functools import partial

import pytest

from consumers.personalize_sync.settings import Surroundings
from consumers.state_table import MemoryState
from tests.support.mortal import Fuse, Killed
from tests.support.reconciler_turns import Polite, Turns
from tests.support.reconciler_world import ARN, CAMPAIGN, SOLUTION, Deployment

pytestmark = pytest.mark.unit


def test_everything_that_is_desired_is_made_once_in_an_order_that_personalize_takes() -> None:
    world = Deployment.published()

    ended = world.settle()

    assert ended.is_settled
    assert world.started("") == [
        "schema/shop-test-interactions-3fa1e699",
        "schema/shop-test-items-2e305179",
        "schema/shop-test-users-e8cd38a3",
        "dataset-group/shop-test",
        "dataset/shop-test/INTERACTIONS",
        "dataset/shop-test/ITEMS",
        "dataset/shop-test/USERS",
        "event-tracker/e1ab3b0e",
        "filter/shop-test-recommendable-6472047d",
        "solution/shop-test-user-personalization",
        "solution/shop-test-popularity",
        "dataset-import-job/shop-test-items-1-full-1",
        "dataset-import-job/shop-test-users-1-full-1",
        "dataset-import-job/shop-test-interactions-1-full-1",
        "solution/shop-test-user-personalization/a4bdfc39",
        "solution/shop-test-popularity/2620e692",
        "campaign/shop-test-user-personalization",
    ]
    assert not any(made.body.get("performAutoTraining") for made in world.personalize.made.values())


def test_consumers_find_what_they_need_as_soon_as_events_have_a_way_in() -> None:
    world = Deployment()

    world.settle()
    without_data = json.loads(world.state.items["personalize", "resources"]["value"])
    published = Deployment.published()
    published.settle()
    whole = json.loads(published.state.items["personalize", "resources"]["value"])

    datasets = {name: f"{ARN}dataset/shop-test/{name.upper()}" for name in ("interactions", "items", "users")}
    filters = {"recommendable": f"{ARN}filter/shop-test-recommendable-6472047d"}
    expected = {"tracking_id": "tracking-shop-test", "datasets": datasets, "filters": filters, "campaigns": {}}
    campaign = {"arn": CAMPAIGN, "solution_version_arn": f"{SOLUTION}/a4bdfc39"}
    assert without_data == expected
    assert whole == expected | {"campaigns": {"user-personalization": campaign}}


def test_each_status_is_told_with_how_long_the_one_before_lasted() -> None:
    world = Deployment.published()

    world.settle()

    job = f"{ARN}dataset-import-job/shop-test-interactions-1-full-1"
    told = [detail for detail in world.news("Personalize DatasetImportJob State Change") if detail["Arn"] == job]
    about = {"Arn": job, "Dataset": "interactions", "Manifest": "_ready/interactions/0000000001.json"}
    assert told == [
        about | {"Status": "CREATE PENDING", "Duration": 0},
        about | {"Status": "CREATE IN_PROGRESS", "Duration": 1},
        about | {"Status": "ACTIVE", "Duration": 1},
    ]


def test_decisions_are_told_with_their_numbers_and_a_promotion_once_the_campaign_answers() -> None:
    world = Deployment.published()

    world.settle()

    [promoted] = world.news("Personalize Promotion Decided")
    assert promoted == {
        "Decision": "promoted",
        "Campaign": CAMPAIGN,
        "SolutionVersion": f"{SOLUTION}/a4bdfc39",
        "Replaces": "",
        "Why": "No version answers yet, so there is nothing else to lose: it beats popularity by Personalize's metrics "
        "alone (NDCG@25 0.3000 against 0.2000), as first_on_metrics declares.",
        "Numbers": {"metrics_candidate": 0.3, "metrics_popularity": 0.2, "users": 0},
    }
    told = [(detail.get("Arn"), detail.get("Status")) for _, detail in world.bus.events]
    assert told.index((CAMPAIGN, "ACTIVE")) < [detail for _, detail in world.bus.events].index(promoted)
    assert [(kind, word) for kind, word, _ in world.decisions()] == [
        ("promote", "promoted"),
        ("train", "not now"),
        ("train", "train"),
    ]


def test_nothing_is_called_that_changes_anything_once_all_is_as_desired() -> None:
    world = Deployment.published()
    world.settle()
    fuse = Fuse(left=1_000)

    done = world.reconciler(fuse).round(lambda: None)

    assert (done.done, done.later, done.is_pending, fuse.left) == ((), (), False, 1_000)


def test_killed_at_any_effect_it_ends_as_one_that_never_was() -> None:
    counted = Fuse(left=10**9)
    alive = _lived(counted).end_state()

    for left in range(1, 10**9 - counted.left + 1):
        assert _lived(Fuse(left=left, after=True)).end_state() == alive


@pytest.mark.parametrize("seed", range(4))
def test_two_at_once_start_nothing_twice(seed: int) -> None:
    alive = Deployment.published()
    alive.settle()
    world, turns = _shared(), Turns(seed)

    turns.run(*[partial(world.settle_on, _polite(world, turns))] * 2)

    assert world.end_state() == alive.end_state()
    assert len(world.personalize.started) == len(set(world.personalize.started))


@pytest.mark.parametrize("seed", range(4))
def test_nor_do_two_who_both_believe_that_the_lease_is_theirs(seed: int) -> None:
    alive = Deployment.published()
    alive.settle()
    world, turns = _shared(), Turns(seed)

    turns.run(
        *(partial(world.settle_on, _polite(world, turns), lease_state=own) for own in (MemoryState(), MemoryState()))
    )

    assert world.end_state() == alive.end_state()
    assert len(world.personalize.started) == len(set(world.personalize.started))


def _lived(fuse: Fuse) -> Deployment:
    """A cycle at an instant clock whose first process dies at the fuse's end, and whose others do not."""
    world = Deployment.published()
    world.personalize.takes = 0.0
    try:
        world.settle(fuse=fuse)
    except Killed:
        world.settle()
    return world


def _shared() -> Deployment:
    """Two that sleep in turns make time pass twice as fast."""
    world = Deployment.published(rate=0.05)
    world.personalize.takes = 0.2
    return world


def _polite(world: Deployment, turns: Turns) -> Surroundings:
    alive = (world.personalize, world.s3, world.state, world.bus)
    personalize, s3, state, bus = (Polite(each, turns) for each in alive)
    return Surroundings(personalize=personalize, s3=s3, state=state, bus=bus)
