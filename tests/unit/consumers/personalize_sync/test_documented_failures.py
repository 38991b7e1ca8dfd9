"""Each failure that Personalize documents: the status that is told, the rule that tells a person, and what is done."""

from __future__ import annotations

from itertools import pairwise

import pytest

from contract.manifest import INCREMENTAL
from tests.support.reconciler_alerts import alerts
from tests.support.reconciler_bucket import publish
from tests.support.reconciler_world import ARN, CAMPAIGN, Deployment

pytestmark = pytest.mark.unit

DENIED = (
    f"Failed to create a data import job for INTERACTIONS dataset {ARN}dataset/shop-test/INTERACTIONS. "
    "Insufficient privileges for accessing data in Amazon S3."
)
COLUMNS = "Failed to create a data import job INTERACTIONS dataset. Input CSV is missing the following columns: [A, B]."
ROWS = (
    "Input csv has rows that do not conform to the dataset schema. Please ensure all required data fields are present "
    "and that they are of the type specified in the schema."
)
NOWHERE = "Invalid Data location."
_A_DAY = 86_400.0


def reasons(world: Deployment, kind: str) -> list[tuple[str, str]]:
    """Of what failed, by the last part of the ARN."""
    events = world.news(f"Personalize {kind} State Change")
    failed = [detail for detail in events if detail["Status"] == "CREATE FAILED"]
    return [(detail["Arn"].rpartition("/")[2], detail["FailureReason"]) for detail in failed]


def later(world: Deployment, seconds: float = _A_DAY, *, every: float = 3_600) -> None:
    """Of wake-ups."""
    until = world.now + seconds
    while world.now < until:
        world.settle()
        world.now += every


@pytest.mark.parametrize("reason", [COLUMNS, ROWS, "Something that nobody has seen before."])
def test_an_import_that_fails_for_its_data_is_told_once_and_waits_for_the_next_publication(reason: str) -> None:
    world = Deployment.published()
    world.personalize.fails["interactions-1-full"] = reason

    later(world)
    failed = reasons(world, "DatasetImportJob")
    publish(world.s3, "interactions", 2)
    world.settle()

    assert failed == [("shop-test-interactions-1-full-1", reason)]
    assert alerts(world.bus.events) == [("import-failed", reason)]
    assert world.started("interactions-")[1:] == [
        "dataset-import-job/shop-test-interactions-1-full-1",
        "dataset-import-job/shop-test-interactions-2-full-1",
    ]


@pytest.mark.parametrize("reason", [DENIED, NOWHERE])
def test_an_import_that_fails_for_want_of_access_is_tried_three_times_and_each_is_told(reason: str) -> None:
    world = Deployment.published()
    world.personalize.fails["interactions-1-full"] = reason

    later(world, 7_200, every=300)

    tried = [f"shop-test-interactions-1-full-{attempt}" for attempt in (1, 2, 3)]
    assert reasons(world, "DatasetImportJob") == [(name, reason) for name in tried]
    assert alerts(world.bus.events) == [("import-failed", reason)] * 3
    times = [world.personalize.made[f"{ARN}dataset-import-job/{name}"].created for name in tried]
    assert [round(after - before) // 300 for before, after in pairwise(times)] == [2, 4]


def test_access_that_was_mended_meanwhile_lets_the_second_try_through() -> None:
    world = Deployment.published()
    world.personalize.fails["interactions-1-full-1"] = DENIED

    later(world, 3_600, every=300)

    assert [
        job.arn.rpartition("/")[2] for job in world.personalize.imports(f"{ARN}dataset/shop-test/INTERACTIONS")
    ] == ["shop-test-interactions-1-full-2"]


def test_a_location_refused_at_once_is_told_once_and_asked_for_again_four_times_an_hour() -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateDatasetImportJob"] = [("InvalidInputException", NOWHERE)] * 1_000

    later(world, 3_600, every=300)

    assert reasons(world, "DatasetImportJob") == [
        ("shop-test-items-1-full-1", NOWHERE),
        ("shop-test-users-1-full-1", NOWHERE),
        ("shop-test-interactions-1-full-1", NOWHERE),
    ]
    assert alerts(world.bus.events) == [("import-failed", NOWHERE)] * 3
    asked = 1_000 - len(world.personalize.refuses["CreateDatasetImportJob"])
    assert asked <= 3 * (4 + 1)


@pytest.mark.parametrize(
    "reason",
    [
        "Create failed. Dataset has fewer than 25 users with at least 2 interactions each.",
        "Dataset has fewer than 1000 interactions after filtering by event type: purchase",
        "All values in the event_type column are either reserved keywords or null",
    ],
)
def test_a_training_that_fails_is_told_once_and_waits_for_new_data(reason: str) -> None:
    world = Deployment.published()
    world.personalize.fails["solution/shop-test-user-personalization/"] = reason

    later(world)
    before = world.started("solution/shop-test-user-personalization/")
    told = alerts(world.bus.events)
    publish(world.s3, "interactions", 2, mode=INCREMENTAL)
    world.settle()

    assert (len(before), told) == (1, [("training-failed", reason)])
    assert [why for _, why in reasons(world, "SolutionVersion")] == [reason] * 2
    assert world.started("campaign/") == []


def test_too_few_users_or_interactions_are_noticed_before_a_training_is_paid_for() -> None:
    few = {"rows": 2_000, "users": 500, "active_users": 24}
    world = Deployment()
    for dataset in ("items", "users"):
        publish(world.s3, dataset, 1)
    publish(world.s3, "interactions", 1, profile=few)

    ended = world.settle()

    assert world.started("solution/shop-test-user-personalization/") == []
    [decided] = world.news("Personalize Training Decided")
    assert (decided["Decision"], decided["Why"]) == (
        "not now",
        "24 users have two interactions or more; a training takes 25.",
    )
    assert ended.is_settled


def test_a_campaign_over_the_quota_is_told_once_and_asked_for_again_after_a_while() -> None:
    world = Deployment.published()
    reason = "Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again."
    world.personalize.refuses["CreateCampaign"] = [("LimitExceededException", reason)] * 2

    world.settle()
    told = (reasons(world, "Campaign"), alerts(world.bus.events), world.started("campaign/"))
    later(world, 3_600, every=300)

    assert told == ([("shop-test-user-personalization", reason)], [("resource-failed", reason)], [])
    assert alerts(world.bus.events) == [("resource-failed", reason)]
    assert world.started("campaign/") == ["campaign/shop-test-user-personalization"]


def test_a_campaign_that_fails_waits_for_another_version() -> None:
    world = Deployment.published()
    world.personalize.fails["campaign/"] = "Something is wrong with it."

    later(world)

    assert reasons(world, "Campaign") == [("shop-test-user-personalization", "Something is wrong with it.")]
    assert world.started("campaign/") == ["campaign/shop-test-user-personalization"]
    assert alerts(world.bus.events) == [("resource-failed", "Something is wrong with it.")]
    assert CAMPAIGN in world.personalize.made


@pytest.mark.parametrize(
    "reason",
    [
        "Could not create filter. Invalid input symbol: $VALUE. Placeholders can only be used with IN or EQ operator",
        "Could not create filter. Invalid Expression: Items.AVAILABLE is boolean.",
    ],
)
def test_a_filter_that_is_refused_is_told_and_keeps_nothing_else_back(reason: str) -> None:
    world = Deployment.published()
    world.personalize.refuses["CreateFilter"] = [("InvalidInputException", reason)]

    world.settle()

    assert [why for _, why in reasons(world, "Filter")] == [reason]
    assert alerts(world.bus.events) == [("resource-failed", reason)]
    assert world.started("campaign/") == ["campaign/shop-test-user-personalization"]


@pytest.mark.parametrize("kind", ["dataset/shop-test/ITEMS", "dataset-group/", "event-tracker/"])
def test_any_other_resource_that_fails_is_told_once_and_not_made_again(kind: str) -> None:
    world = Deployment.published()
    world.personalize.fails[kind] = "Internal failure."

    later(world)

    assert len(world.started(kind)) == 1
    assert alerts(world.bus.events) == [("resource-failed", "Internal failure.")]
