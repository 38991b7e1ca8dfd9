"""Every kind of job over HTTP, on real files: trainings with their settings, segments, deletions, exports."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.personalize_failures import HEADER, SHOP, exported, report, stored_events
from tests.support.personalize_walk import ROLE, Failed, Walk, csv_of

pytestmark = pytest.mark.integration

CATEGORY = {item: kind for item, kind, _ in SHOP.items}
ITEMS: list[dict[str, Any]] = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "CATEGORY", "type": "string", "categorical": True},
    {"name": "PRICE", "type": "float"},
    {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
]
GAIN = "normalized_discounted_cumulative_gain_at_25"


@pytest.fixture
def shop(trained: Walk) -> Walk:
    """With interactions, items and users."""
    trained.dataset("Items", ITEMS)
    rows = [(item, kind, price, f'Something for "{kind}", item {item}') for item, kind, price in SHOP.items]
    trained.imported("Items", csv_of([field["name"] for field in ITEMS], rows))
    age = {"name": "AGE", "type": "string", "categorical": True}
    trained.dataset("Users", [{"name": "USER_ID", "type": "string"}, age])
    trained.imported("Users", csv_of(["USER_ID", "AGE"], SHOP.users))
    return trained


def test_several_files_of_a_folder_are_one_import(walk: Walk) -> None:
    rows = SHOP.interactions
    for number in range(3):
        walk.upload(f"{walk.name}/part-{number}.csv", csv_of(HEADER, rows[number::3]))
    walk.upload(f"{walk.name}-other.csv", b"not of the folder")

    job = walk.start_import("Interactions", f"s3://data/{walk.name}", f"{walk.name}-folder")
    walk.active("describe_dataset_import_job", "datasetImportJob", datasetImportJobArn=job)

    assert report(walk, f"{walk.name}-folder")["rows"] == len(rows)


def test_segments_of_users_by_item_and_by_attribute(shop: Walk) -> None:
    by_item = shop.version(shop.solution("aws-item-affinity"))
    by_attribute = shop.version(shop.solution("aws-item-attribute-affinity"))

    of_item = _segments(shop, by_item, [{"itemId": "item-0"}, {"itemId": "no-such-item"}])
    of_books = _segments(shop, by_attribute, [{"itemAttributes": 'ITEMS.category = "books"'}, {"itemAttributes": "x"}])

    found, refused = of_item
    assert found["input"] == {"itemId": "item-0"}
    assert sum(_readers_share(user) > 0.3 for user in found["output"]["recommendedUsers"]) >= 15
    assert refused["error"] == "User error: item no-such-item was not in the training data"
    found, refused = of_books
    assert list(found) == ["itemAttributes", "output"]
    assert sum(_readers_share(user) > 0.3 for user in found["output"]["recommendedUsers"]) >= 15
    assert refused["output"] == {"recommendedUsers": []}
    assert refused["error"].startswith("User error: ")


def test_a_deleted_user_is_gone_from_every_dataset(shop: Walk) -> None:
    shop.put(shop.tracker(), "user-1", "item-1", "View", time.time())
    location = shop.upload(f"{shop.name}/users.csv", b"USER_ID\nuser-1\nuser-2\nnobody\n")

    job = shop.personalize.create_data_deletion_job(
        jobName=f"{shop.name}-deletion",
        datasetGroupArn=shop.group,
        dataSource={"dataLocation": location},
        roleArn=ROLE,
    )["dataDeletionJobArn"]
    shop.active("describe_data_deletion_job", "dataDeletionJob", dataDeletionJobArn=job)

    described = shop.personalize.describe_data_deletion_job(dataDeletionJobArn=job)["dataDeletionJob"]
    users = {row.split(",")[0] for row in exported(shop, "ALL")}
    assert described["status"] == "COMPLETED"
    assert users == {user for user, _ in SHOP.users} - {"user-1", "user-2"}
    assert stored_events(shop) == []


def test_an_update_keeps_the_model_and_learns_of_new_items_and_histories(trained: Walk) -> None:
    solution = trained.solution("aws-user-personalization")
    with pytest.raises(Exception, match="UPDATE"):
        trained.version(solution, "UPDATE")
    trained.version(solution)
    trained.put(trained.tracker(), "user-1", "a-new-item", "View", time.time())

    updated = trained.version(solution, "UPDATE")

    described = trained.personalize.describe_solution_version(solutionVersionArn=updated)["solutionVersion"]
    assert (described["trainingMode"], described["status"]) == ("UPDATE", "ACTIVE")
    config = {"itemExplorationConfig": {"explorationWeight": "0"}}
    campaign = trained.campaign(updated, campaignConfig=config)
    assert "a-new-item" in trained.recommended(campaign, userId="user-1", numResults=500)


def test_hyperparameters_are_searched_and_shown(trained: Walk) -> None:
    hpo = {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "4", "maxParallelTrainingJobs": "1"}}
    version = trained.version(trained.solution("aws-sims", performHPO=True, solutionConfig={"hpoConfig": hpo}))

    described = trained.personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"]
    tuned = described["tunedHPOParams"]["algorithmHyperParameters"]
    assert tuned.keys() == {"popularity_discount_factor", "min_cointeraction_count"}


def test_events_are_weighed_and_thresholds_hold_at_training_and_at_serving(trained: Walk) -> None:
    config = {"eventsConfig": {"eventParametersList": [{"eventType": "Purchase", "weight": 1.0}]}}
    campaign = trained.campaign(trained.version(trained.solution("aws-user-personalization-v2", solutionConfig=config)))
    tracking_id = trained.tracker()
    before = trained.recommended(campaign, userId="someone")

    trained.put(tracking_id, "someone", "item-1", "View", time.time())
    viewed = trained.recommended(campaign, userId="someone")
    trained.put(tracking_id, "someone", "item-1", "Purchase", time.time())

    assert viewed == before
    assert trained.recommended(campaign, userId="someone") != before


def test_an_objective_raises_what_it_asks_for(shop: Walk) -> None:
    objective = {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "HIGH"}}
    recipe, without_exploration = "aws-user-personalization", {"itemExplorationConfig": {"explorationWeight": "0"}}
    plain = shop.version(shop.solution(recipe))
    dear = shop.version(shop.solution(recipe, name="dear", solutionConfig=objective))

    price = {item: price for item, _, price in SHOP.items}
    totals = [
        sum(price[item] for item in shop.recommended(campaign, userId="user-1", numResults=20))
        for campaign in (shop.campaign(each, campaignConfig=without_exploration) for each in (plain, dear))
    ]
    assert totals[1] > totals[0]
    assert "average_rewards_at_k" in shop.personalize.get_solution_metrics(solutionVersionArn=dear)["metrics"]


@pytest.mark.parametrize(
    ("recipe", "asked"),
    [
        ("aws-semantic-similarity", {"itemId": "item-6"}),
        ("aws-similar-items", {"itemId": "item-6"}),
        ("aws-trending-now", {}),
        ("aws-popularity-count", {"userId": "user-1"}),
    ],
)
def test_recipes_without_scores(shop: Walk, recipe: str, asked: dict[str, str]) -> None:
    campaign = shop.campaign(shop.version(shop.solution(recipe)))

    answer = shop.runtime.get_recommendations(campaignArn=campaign, numResults=10, **asked)["itemList"]

    assert len(answer) == 10
    assert all(item.keys() == {"itemId"} for item in answer)
    if "itemId" in asked:
        assert sum(CATEGORY[item["itemId"]] == "books" for item in answer) >= 7


def test_metrics_are_there_once_a_version_is_and_repeat(trained: Walk) -> None:
    solution = trained.solution("aws-user-personalization-v2")
    first, second = trained.version(solution), trained.version(solution)

    metrics = [trained.personalize.get_solution_metrics(solutionVersionArn=each)["metrics"] for each in (first, second)]

    assert metrics[0] == metrics[1]
    assert 0 < metrics[0][GAIN] < 1


def test_a_failed_training_leaves_the_solution_without_a_model(walk: Walk) -> None:
    solution = walk.solution("aws-popularity-count")

    with pytest.raises(Failed, match="fewer than 1000 interactions"):
        walk.version(solution)

    [version] = walk.personalize.list_solution_versions(solutionArn=solution)["solutionVersions"]
    assert version["status"] == "CREATE FAILED"
    assert not list((walk.server.data / "versions").glob("*")) or version["failureReason"]


def _segments(walk: Walk, version: str, lines: list[dict[str, str]]) -> list[dict[str, Any]]:
    name = f"{walk.name}-{version.rsplit('/', 1)[1]}"
    body = "\n".join(map(json.dumps, lines)).encode()
    job = walk.personalize.create_batch_segment_job(
        jobName=name,
        solutionVersionArn=version,
        numResults=20,
        jobInput={"s3DataSource": {"path": walk.upload(f"{name}/in.json", body)}},
        jobOutput={"s3DataDestination": {"path": f"s3://data/{name}/out/"}},
        roleArn=ROLE,
    )["batchSegmentJobArn"]
    walk.active("describe_batch_segment_job", "batchSegmentJob", batchSegmentJobArn=job)
    written = walk.server.s3().get_object(Bucket="data", Key=f"{name}/out/in.json.out")["Body"].read()
    return [json.loads(line) for line in written.splitlines()]


def _readers_share(user: str) -> float:
    """How much of what a user had is books."""
    had = [CATEGORY[item] for who, item, _, _ in SHOP.interactions if who == user]
    return had.count("books") / len(had)
