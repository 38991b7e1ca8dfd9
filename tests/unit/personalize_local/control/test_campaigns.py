"""Campaigns: which versions they take, how they are changed, how they follow the latest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.personalize_world import World, refused

pytestmark = pytest.mark.unit

SYNC = {"syncWithLatestSolutionVersion": True}


@pytest.fixture
def solution(world: World) -> str:
    group = world.group()
    world.dataset(group)
    return world.solution(group)


def _campaign(world: World, version: str, name: str = "c", **more: Any) -> str:
    return str(world("CreateCampaign", name=name, solutionVersionArn=version, **more)["campaignArn"])


def _served(world: World, campaign: str) -> str:
    return str(world("DescribeCampaign", campaignArn=campaign)["campaign"]["solutionVersionArn"])


def test_a_campaign_shows_its_defaults(world: World, solution: str) -> None:
    version = world.version(solution)
    campaign = _campaign(world, version)
    shown = world("DescribeCampaign", campaignArn=campaign)["campaign"]
    del shown["creationDateTime"], shown["lastUpdatedDateTime"]

    assert shown == {
        "name": "c",
        "campaignArn": campaign,
        "solutionVersionArn": version,
        "minProvisionedTPS": 1,
        "status": "ACTIVE",
    }


def test_a_campaign_needs_a_version_that_can_serve(world: World, solution: str) -> None:
    group = world("DescribeSolution", solutionArn=solution)["solution"]["datasetGroupArn"]
    segments = world.version(world.solution(group, "who", "aws-item-affinity"))
    world.fake.held = True
    pending = world("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"]

    assert [refused(_campaign, world, arn) for arn in (pending, segments, solution, f"{solution}/none")] == [
        ("ResourceInUseException", f"{pending} is not in a valid state: its status is CREATE IN_PROGRESS."),
        ("InvalidInputException", "aws-item-affinity is for batch segment jobs: it cannot have a campaign."),
        ("InvalidInputException", f"{solution} is the ARN of a solution, not of a solution-version."),
        ("ResourceNotFoundException", f"Resource Arn {solution}/none does not exist."),
    ]


@pytest.mark.parametrize(
    ("recipe", "config", "message"),
    [
        ("aws-sims", {"itemExplorationConfig": {"explorationWeight": "0.1"}}, "aws-sims does not support itemExplo"),
        (
            "aws-user-personalization",
            {"itemExplorationConfig": {"explorationWeight": "1.5"}},
            "explorationWeight must be a number from 0.0 to 1.0; it is '1.5'.",
        ),
        (
            "aws-user-personalization",
            {"itemExplorationConfig": {"explorationItemAgeCutOff": "inf"}},
            "explorationItemAgeCutOff must be a number",
        ),
        (
            "aws-user-personalization",
            {"itemExplorationConfig": {"weight": "1"}},
            "itemExplorationConfig has explorationWeight and explorationItemAgeCutOff, not weight.",
        ),
        ("aws-sims", {"rankingInfluence": {"POPULARITY": 0.5}}, "aws-sims does not support rankingInfluence."),
        ("aws-sims", {"enableMetadataWithRecommendations": True}, "enableMetadataWithRecommendations needs an ACTIVE"),
        ("aws-sims", SYNC, "With syncWithLatestSolutionVersion, solutionVersionArn must be <solution ARN>/$LATEST"),
    ],
)
def test_a_configuration_that_the_recipe_does_not_have_is_refused(
    world: World, solution: str, recipe: str, config: dict[str, Any], message: str
) -> None:
    group = world("DescribeSolution", solutionArn=solution)["solution"]["datasetGroupArn"]
    version = world.version(world.solution(group, "other", recipe))

    code, found = refused(_campaign, world, version, campaignConfig=config)

    assert code == "InvalidInputException"
    assert found.startswith(message)


def test_latest_means_the_newest_active_version(world: World, solution: str) -> None:
    none = refused(_campaign, world, f"{solution}/$LATEST")
    world.version(solution)
    newest = world.version(solution)
    world.fake.held = True
    world("CreateSolutionVersion", solutionArn=solution)

    assert none == ("InvalidInputException", f"{solution}/$LATEST: the solution has no ACTIVE solution version.")
    assert _served(world, _campaign(world, f"{solution}/$LATEST")) == newest


def test_only_a_campaign_that_is_to_follow_follows_new_versions(world: World, solution: str) -> None:
    first = world.version(solution)
    stays = _campaign(world, first, "stays")
    follows = _campaign(world, f"{solution}/$LATEST", "follows", campaignConfig=SYNC)
    second = world.version(solution)
    update = world("DescribeCampaign", campaignArn=follows)["campaign"]["latestCampaignUpdate"]

    assert (_served(world, stays), _served(world, follows)) == (first, second)
    assert (update["solutionVersionArn"], update["status"], update["campaignConfig"]) == (second, "ACTIVE", SYNC)


def test_an_update_serves_the_old_version_until_it_is_done(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    slow.dataset(group)
    slow.advance(30)
    solution = slow.solution(group, performAutoTraining=False)
    slow.advance(30)
    versions = []
    for _ in range(2):
        versions.append(slow("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"])
        slow.advance(1_000)
        slow.advance(3_000)
    campaign = _campaign(slow, versions[0])
    early = refused(slow, "UpdateCampaign", campaignArn=campaign, solutionVersionArn=versions[1])
    slow.advance(700)
    slow("UpdateCampaign", campaignArn=campaign, solutionVersionArn=versions[1], minProvisionedTPS=2)
    again = refused(slow, "UpdateCampaign", campaignArn=campaign, minProvisionedTPS=3)
    before = slow("DescribeCampaign", campaignArn=campaign)["campaign"]
    slow.advance(700)
    after = slow("DescribeCampaign", campaignArn=campaign)["campaign"]

    assert (early[0], again[0]) == ("ResourceInUseException", "ResourceInUseException")
    assert (before["status"], before["solutionVersionArn"], before["minProvisionedTPS"]) == ("ACTIVE", versions[0], 1)
    assert before["latestCampaignUpdate"]["status"] == "CREATE PENDING"
    assert before["latestCampaignUpdate"]["solutionVersionArn"] == versions[1]
    assert (after["status"], after["solutionVersionArn"], after["minProvisionedTPS"]) == ("ACTIVE", versions[1], 2)
    assert after["latestCampaignUpdate"]["status"] == "ACTIVE"


def test_a_campaign_follows_while_it_is_made_and_while_it_is_updated(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    slow.dataset(group)
    slow.advance(30)
    solution = slow.solution(group, performAutoTraining=False)
    slow.advance(30)
    versions: list[str] = []

    def train() -> None:
        versions.append(slow("CreateSolutionVersion", solutionArn=solution)["solutionVersionArn"])
        slow.advance(1_000)
        slow.advance(3_000)

    train()
    slow.clock.speed = 0.01  # a campaign takes long, trainings as long as before
    campaign = _campaign(slow, f"{solution}/$LATEST", campaignConfig=SYNC)
    slow.clock.speed = 1.0
    train()
    slow.advance(60_000)
    made = _served(slow, campaign)
    slow.clock.speed = 0.01
    slow("UpdateCampaign", campaignArn=campaign, minProvisionedTPS=5)
    slow.clock.speed = 1.0
    train()
    slow.advance(60_000)
    shown = slow("DescribeCampaign", campaignArn=campaign)["campaign"]

    assert (made, shown["solutionVersionArn"], shown["minProvisionedTPS"]) == (versions[1], versions[2], 5)


def test_an_update_needs_something_to_update_and_a_version_of_the_solution(world: World, solution: str) -> None:
    group = world("DescribeSolution", solutionArn=solution)["solution"]["datasetGroupArn"]
    other = world.version(world.solution(group, "other", "aws-sims"))
    campaign = _campaign(world, world.version(solution))

    assert [
        refused(world, "UpdateCampaign", campaignArn=campaign),
        refused(world, "UpdateCampaign", campaignArn=campaign, solutionVersionArn=other),
    ] == [
        ("InvalidInputException", "UpdateCampaign: nothing to update is given."),
        ("InvalidInputException", f"{other} is of another solution than {campaign}: {solution}."),
    ]


def test_a_group_has_five_campaigns(world: World, solution: str) -> None:
    version = world.version(solution)
    for number in range(5):
        _campaign(world, version, f"c{number}")

    assert refused(_campaign, world, version, "c5") == (
        "LimitExceededException",
        "Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again.",
    )


def test_a_solution_with_a_campaign_cannot_be_deleted(world: World, solution: str) -> None:
    version = world.version(solution)
    campaign = _campaign(world, version)
    in_use = refused(world, "DeleteSolution", solutionArn=solution)
    world("DeleteCampaign", campaignArn=campaign)
    world("DeleteSolution", solutionArn=solution)

    assert in_use == ("ResourceInUseException", f"{solution} is in use by {campaign}.")
    assert refused(world, "DescribeSolutionVersion", solutionVersionArn=version)[0] == "ResourceNotFoundException"
