"""The whole Personalize loop with plain boto3 over HTTP: on real films, and in both domains on generated data."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from tests.support.personalize_server import Server
from tests.support.personalize_walk import INTERACTIONS, ROLE, Walk, csv_of
from tests.support.sample_data import MOVIES
from tests.support.small_shop import Shop, shop

pytestmark = pytest.mark.integration


@pytest.mark.skipif(not MOVIES.is_dir(), reason="the films are not on this machine")
def test_films_from_csv_files_to_recommendations_that_follow_a_click(server: Server) -> None:
    walk = _films(server)
    personal = walk.version(walk.solution("aws-user-personalization-v2"))
    popular = walk.version(walk.solution("aws-popularity-count"))
    assert _gain(walk, personal) > 1.5 * _gain(walk, popular)

    campaign = walk.campaign(personal, campaignConfig={"enableMetadataWithRecommendations": True})
    _check_recommendations(walk, campaign)
    _check_that_they_follow_a_click(walk, campaign)
    _check_filters(walk, campaign)
    _check_ranking(walk)
    _check_batch(walk, personal, campaign)


def test_a_shop_in_the_ecommerce_domain(server: Server) -> None:
    data = shop(("View", "View", "View", "Purchase"), users=200)
    walk = Walk(server, "shop", domain="ECOMMERCE")
    walk.dataset("Interactions", INTERACTIONS)
    walk.dataset(
        "Items",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "PRICE", "type": "float"},
            {"name": "CATEGORY_L1", "type": "string", "categorical": True},
        ],
    )
    walk.imported("Interactions", csv_of([field["name"] for field in INTERACTIONS], data.interactions))
    walk.imported(
        "Items", csv_of(["ITEM_ID", "PRICE", "CATEGORY_L1"], [(item, price, kind) for item, kind, price in data.items])
    )

    also_viewed = _recommender(walk, "aws-ecomm-customers-who-viewed-x-also-viewed")
    for_you = _recommender(walk, "aws-ecomm-recommended-for-you")

    category = {item: kind for item, kind, _ in data.items}
    beside = walk.runtime.get_recommendations(
        recommenderArn=also_viewed, itemId="item-0", userId="user-0", numResults=10
    )
    assert "item-0" not in {item["itemId"] for item in beside["itemList"]}
    favourites = _favourites(data, "user-0", category)
    mine = walk.runtime.get_recommendations(recommenderArn=for_you, userId="user-0", numResults=10)["itemList"]
    assert sum(category[item["itemId"]] in favourites for item in mine) >= 5


def test_films_in_the_video_on_demand_domain(server: Server) -> None:
    data = shop(("Watch", "Click"), users=150, seed=8)
    walk = Walk(server, "cinema", domain="VIDEO_ON_DEMAND")
    walk.dataset("Interactions", INTERACTIONS)
    walk.dataset(
        "Items",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "GENRES", "type": "string", "categorical": True},
            {"name": "CREATION_TIMESTAMP", "type": "long"},
        ],
    )
    walk.imported("Interactions", csv_of([field["name"] for field in INTERACTIONS], data.interactions))
    walk.imported(
        "Items",
        csv_of(
            ["ITEM_ID", "GENRES", "CREATION_TIMESTAMP"], [(item, kind, 1_690_000_000) for item, kind, _ in data.items]
        ),
    )

    most_popular = _recommender(walk, "aws-vod-most-popular")
    picks = _recommender(walk, "aws-vod-top-picks")

    listed = walk.runtime.get_recommendations(recommenderArn=most_popular, userId="anyone", numResults=5)["itemList"]
    watched = [item for _, item, _, event_type in data.interactions if event_type == "Watch"]
    assert len(listed) == 5
    assert all(item["itemId"] in watched for item in listed)
    assert all("score" not in item for item in listed)
    tracking_id = walk.tracker()
    before = walk.runtime.get_recommendations(recommenderArn=picks, userId="user-3", numResults=20)["itemList"]
    for item in ("item-4", "item-10", "item-16"):
        walk.put(tracking_id, "user-3", item, "Watch", time.time())
    after = walk.runtime.get_recommendations(recommenderArn=picks, userId="user-3", numResults=20)["itemList"]
    assert before != after


def _recommender(walk: Walk, recipe: str) -> str:
    arn = walk.personalize.create_recommender(
        name=recipe, datasetGroupArn=walk.group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}"
    )["recommenderArn"]
    return walk.active("describe_recommender", "recommender", recommenderArn=arn)


def _favourites(data: Shop, user: str, category: dict[str, str]) -> set[str]:
    had = [category[item] for who, item, _, _ in data.interactions if who == user]
    return set(sorted(set(had), key=had.count)[-2:])


def _films(server: Server) -> Walk:
    """A group with the sample's interactions and items."""
    walk = Walk(server, "films")
    walk.dataset("Interactions", INTERACTIONS)
    walk.dataset(
        "Items",
        [
            {"name": "ITEM_ID", "type": "string"},
            {"name": "GENRE", "type": ["null", "string"], "categorical": True},
            {"name": "YEAR", "type": ["null", "string"]},
        ],
    )
    walk.imported("Interactions", gzip.decompress((MOVIES / "interactions.csv.gz").read_bytes()))
    walk.imported("Items", gzip.decompress((MOVIES / "items.csv.gz").read_bytes()))
    return walk


def _gain(walk: Walk, version: str) -> float:
    metrics = walk.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    return float(metrics["normalized_discounted_cumulative_gain_at_25"])


def _check_recommendations(walk: Walk, campaign: str) -> None:
    answer = walk.runtime.get_recommendations(
        campaignArn=campaign, userId="429", numResults=5, metadataColumns={"ITEMS": ["GENRE"]}
    )
    assert len(answer["itemList"]) == 5
    assert all(item["score"] > 0 and item["metadata"]["GENRE"] for item in answer["itemList"])
    assert answer["recommendationId"].startswith("RID-")


def _check_that_they_follow_a_click(walk: Walk, campaign: str) -> None:
    tracking_id = walk.tracker()
    before = walk.recommended(campaign, userId="a-newcomer")
    walk.put(tracking_id, "a-newcomer", "260", "watch", time.time())
    walk.put(tracking_id, "a-newcomer", "1196", "watch", time.time())
    after = walk.recommended(campaign, userId="a-newcomer")
    assert before != after


def _check_filters(walk: Walk, campaign: str) -> None:
    """The newcomer has seen two films by now."""
    unseen = walk.filter("unseen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")')
    war = walk.filter("genre", "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)")
    assert not {"260", "1196"} & set(walk.recommended(campaign, userId="a-newcomer", filterArn=unseen, numResults=500))
    only_war = walk.runtime.get_recommendations(
        campaignArn=campaign,
        userId="429",
        filterArn=war,
        filterValues={"GENRE": '"War"'},
        metadataColumns={"ITEMS": ["GENRE"]},
    )
    assert all("War" in item["metadata"]["GENRE"].split("|") for item in only_war["itemList"])


def _check_ranking(walk: Walk) -> None:
    ranking = walk.campaign(walk.version(walk.solution("aws-personalized-ranking-v2")))
    ranked = walk.runtime.get_personalized_ranking(
        campaignArn=ranking, userId="429", inputList=["1", "no-film", "2", "3"]
    )["personalizedRanking"]
    assert {item["itemId"] for item in ranked[:3]} == {"1", "2", "3"}
    assert sum(item["score"] for item in ranked[:3]) == pytest.approx(1)
    assert ranked[3] == {"itemId": "no-film"}


def _check_batch(walk: Walk, version: str, campaign: str) -> None:
    lines = b'{"userId": "429"}\n{"userId": "1"}\n{"user": "1"}\n'
    job = walk.personalize.create_batch_inference_job(
        jobName="films-batch",
        solutionVersionArn=version,
        numResults=3,
        jobInput={"s3DataSource": {"path": walk.upload("batch/users.json", lines)}},
        jobOutput={"s3DataDestination": {"path": "s3://data/batch-out/"}},
        roleArn=ROLE,
    )["batchInferenceJobArn"]
    walk.active("describe_batch_inference_job", "batchInferenceJob", batchInferenceJobArn=job)
    body = walk.server.s3().get_object(Bucket="data", Key="batch-out/users.json.out")["Body"].read()
    first, second, refused = [json.loads(line) for line in body.splitlines()]
    assert first["input"] == {"userId": "429"}
    assert first["output"]["recommendedItems"] == walk.recommended(campaign, userId="429", numResults=3)
    assert len(second["output"]["scores"]) == 3
    assert refused == {
        "input": {"user": "1"},
        "output": {"recommendedItems": []},
        "error": "User error: Required fields for the provided recipe are userId",
    }
