"""Recommenders: trained when they are made, stopped and started, trained again."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.jobs.workers import JobFailed
from tests.support.personalize_world import TRAINED, World, refused

pytestmark = pytest.mark.unit

BEST = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
FOR_YOU = "arn:aws:personalize:::recipe/aws-ecomm-recommended-for-you"


@pytest.fixture
def mall(world: World) -> str:
    group = world.group("mall", domain="ECOMMERCE")
    for kind in ("Interactions", "Items"):
        world.dataset(group, kind, domain="ECOMMERCE")
    return group


def _make(world: World, group: str, name: str = "best", recipe: str = BEST, **more: Any) -> str:
    request = {"name": name, "datasetGroupArn": group, "recipeArn": recipe}
    arn: str = world("CreateRecommender", **(request | more))["recommenderArn"]
    world.idle()
    return arn


def _shown(world: World, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = world("DescribeRecommender", recommenderArn=arn)["recommender"]
    return shown


def test_a_recommender_is_trained_when_it_is_made(world: World, mall: str) -> None:
    arn = _make(world, mall)
    shown = _shown(world, arn)
    [(task, asked)] = world.fake.asked
    del shown["creationDateTime"], shown["lastUpdatedDateTime"]

    assert shown == {
        "recommenderArn": arn,
        "datasetGroupArn": mall,
        "name": "best",
        "recipeArn": BEST,
        "recommenderConfig": {"minRecommendationRequestsPerSecond": 1},
        "status": "ACTIVE",
        "modelMetrics": {"coverage": 0.5},
    }
    assert (task, asked["recipe"], asked["options"]["solutionConfig"]) == (
        "train",
        "aws-ecomm-popular-items-by-views",
        {},
    )


def test_a_recommender_needs_a_domain_and_one_of_its_use_cases(world: World, mall: str) -> None:
    custom = world.group("custom")
    vod = "arn:aws:personalize:::recipe/aws-vod-top-picks"
    sims = "arn:aws:personalize:::recipe/aws-sims"
    explored = {"itemExplorationConfig": {"explorationWeight": "0.1"}}

    assert [
        refused(_make, world, custom),
        refused(_make, world, mall, recipe=vod),
        refused(_make, world, mall, recipe=sims),
        refused(_make, world, mall, recommenderConfig=explored),
        refused(_make, world, mall, recipe=f"{sims}s")[0],
    ] == [
        ("InvalidInputException", f"{custom} is a custom dataset group: recommenders need one with a domain."),
        ("InvalidInputException", f"{vod} is not a use case of the ECOMMERCE domain."),
        ("InvalidInputException", f"{sims} is not a use case of the ECOMMERCE domain."),
        ("InvalidInputException", "aws-ecomm-popular-items-by-views does not support itemExplorationConfig."),
        "ResourceNotFoundException",
    ]


def test_a_recommender_needs_its_datasets(world: World) -> None:
    group = world.group("mall", domain="ECOMMERCE")

    assert refused(_make, world, group) == (
        "InvalidInputException",
        f"aws-ecomm-popular-items-by-views needs an ACTIVE Interactions dataset in {group}.",
    )


def test_a_training_that_fails_is_the_recommenders_failure(world: World, mall: str) -> None:
    world.fake.answers["train"] = JobFailed(
        "Dataset has fewer than 1000 interactions after filtering by event type: View"
    )
    shown = _shown(world, _make(world, mall))

    assert (shown["status"], shown["failureReason"]) == (
        "CREATE FAILED",
        "Dataset has fewer than 1000 interactions after filtering by event type: View",
    )


def test_a_recommender_stops_and_starts(slow: World) -> None:
    group = slow.group("mall", domain="ECOMMERCE")
    slow.advance(30)
    slow.dataset(group, domain="ECOMMERCE")
    slow.advance(30)
    request = {"name": "best", "datasetGroupArn": group, "recipeArn": BEST}
    arn = slow("CreateRecommender", **request)["recommenderArn"]
    seen = [_shown(slow, arn)["status"]]
    for seconds in (400, 3_300):
        slow.advance(seconds)
        seen.append(_shown(slow, arn)["status"])
    for operation in ("StopRecommender", "StartRecommender"):
        slow(operation, recommenderArn=arn)
        for _ in range(3):
            seen.append(_shown(slow, arn)["status"])
            slow.advance(151)
    seen.append(_shown(slow, arn)["status"])

    assert seen == [
        *("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"),
        *("STOP PENDING", "STOP IN_PROGRESS", "INACTIVE"),
        *("START PENDING", "START IN_PROGRESS", "ACTIVE", "ACTIVE"),
    ]


def test_only_an_active_one_is_stopped_and_only_a_stopped_one_started(world: World, mall: str) -> None:
    arn = _make(world, mall)
    started = refused(world, "StartRecommender", recommenderArn=arn)
    world("StopRecommender", recommenderArn=arn)

    assert started == ("InvalidInputException", f"{arn} is not in a valid state: its status is ACTIVE.")
    assert refused(world, "StopRecommender", recommenderArn=arn) == (
        "InvalidInputException",
        f"{arn} is not in a valid state: its status is INACTIVE.",
    )
    assert refused(world, "UpdateRecommender", recommenderArn=arn, recommenderConfig={})[0] == "InvalidInputException"


def test_an_update_without_other_columns_trains_nothing(world: World, mall: str) -> None:
    arn = _make(world, mall, recipe=FOR_YOU)
    config = {"itemExplorationConfig": {"explorationWeight": "0.5"}, "minRecommendationRequestsPerSecond": 4}
    world("UpdateRecommender", recommenderArn=arn, recommenderConfig=config)
    shown = _shown(world, arn)

    assert len(world.fake.asked) == 1
    assert (shown["recommenderConfig"], shown["latestRecommenderUpdate"]["status"]) == (config, "ACTIVE")


def test_other_columns_are_an_update_that_trains(world: World, mall: str) -> None:
    arn = _make(world, mall, recipe=FOR_YOU)
    old = world.emulator.resources.get(arn, "recommender").private["model"]
    columns = {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}
    world.fake.held = True
    world.fake.answers["train"] = TRAINED | {"metrics": {"coverage": 0.75}}
    world("UpdateRecommender", recommenderArn=arn, recommenderConfig={"trainingDataConfig": columns})
    during = _shown(world, arn)
    in_use = refused(world, "DeleteRecommender", recommenderArn=arn)
    world.fake.held = False
    world.idle()
    after = _shown(world, arn)

    assert (during["status"], during["latestRecommenderUpdate"]["status"]) == ("ACTIVE", "CREATE PENDING")
    assert "trainingDataConfig" not in during["recommenderConfig"]
    assert in_use[0] == "ResourceInUseException"
    assert (after["latestRecommenderUpdate"]["status"], after["modelMetrics"]) == ("ACTIVE", {"coverage": 0.75})
    assert after["recommenderConfig"]["trainingDataConfig"] == columns
    assert world.fake.asked[1][1]["options"]["solutionConfig"] == {"trainingDataConfig": columns}
    assert world.emulator.resources.get(arn, "recommender").private["model"] == world.fake.asked[1][1]["out"] != old


def test_an_update_that_fails_leaves_the_old_model_serving(world: World, mall: str) -> None:
    arn = _make(world, mall)
    before = world.emulator.resources.get(arn, "recommender").private["model"]
    world.fake.answers["train"] = JobFailed("too little data")
    columns = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    world("UpdateRecommender", recommenderArn=arn, recommenderConfig=columns)
    world.idle()
    shown = _shown(world, arn)

    assert shown["status"] == "ACTIVE"
    assert shown["recommenderConfig"] == {"minRecommendationRequestsPerSecond": 1}
    assert shown["latestRecommenderUpdate"]["status"] == "CREATE FAILED"
    assert shown["latestRecommenderUpdate"]["failureReason"] == "too little data"
    assert world.emulator.resources.get(arn, "recommender").private["model"] == before


def test_recommenders_are_trained_weekly_unless_stopped(world: World, mall: str) -> None:
    arn, stopped = _make(world, mall), _make(world, mall, "stopped")
    world("StopRecommender", recommenderArn=stopped)
    for _ in range(2):
        world.advance(8 * 86_400)
        world.idle()

    assert len(world.fake.asked) == 2 + 2
    assert world.emulator.resources.get(arn, "recommender").private["model"] == world.fake.asked[-1][1]["out"]
    assert "latestRecommenderUpdate" not in _shown(world, arn)


def test_one_training_at_a_time(world: World, mall: str) -> None:
    arn = _make(world, mall)
    world.fake.held = True
    for _ in range(3):
        world.advance(8 * 86_400)
    columns = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}

    assert len(world.fake.asked) == 1 + 1
    assert refused(world, "UpdateRecommender", recommenderArn=arn, recommenderConfig=columns)[0] == (
        "ResourceInUseException"
    )


def test_an_interrupted_update_goes_on_in_the_next_process(world: World, mall: str) -> None:
    arn = _make(world, mall)
    world.fake.held = True
    columns = {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    world("UpdateRecommender", recommenderArn=arn, recommenderConfig=columns)
    world.turn()
    later = world.restarted()
    later.idle()

    assert _shown(later, arn)["latestRecommenderUpdate"]["status"] == "ACTIVE"
    later.close()


def test_a_group_has_five_recommenders(world: World, mall: str) -> None:
    for number in range(5):
        _make(world, mall, f"r{number}")

    assert refused(_make, world, mall, "r5")[0] == "LimitExceededException"
