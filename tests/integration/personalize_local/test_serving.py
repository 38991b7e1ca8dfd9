"""What requests see: real trainings of a small shop, without sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.personalize_serving import ShopWorld
from tests.support.personalize_world import refused
from tests.support.small_shop import CATEGORIES, shop

pytestmark = pytest.mark.integration

SHOP = shop(("View", "Purchase"))
CATEGORY = {item: kind for item, kind, _ in SHOP.items}
OLD = 1_600_000_000


class Served:
    """The world, and what is asked of it."""

    def __init__(self, world: ShopWorld) -> None:
        self.world = world
        self.tracking_id = world.tracker()
        self.personal = world.campaign("aws-user-personalization-v2", enableMetadataWithRecommendations=True)
        self.exploring = world.campaign("aws-user-personalization", itemExplorationConfig={"explorationWeight": "0.5"})
        self.plain = world.campaign("aws-user-personalization", itemExplorationConfig={"explorationWeight": "0"})
        self.ranking = world.campaign("aws-personalized-ranking")
        self.similar = world.campaign("aws-similar-items")

    def filter(self, name: str, expression: str) -> str:
        created = self.world(
            "CreateFilter", name=name, datasetGroupArn=self.world.group_arn, filterExpression=expression
        )
        arn: str = created["filterArn"]
        return arn


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    world = ShopWorld(tmp_path_factory.mktemp("shop"))
    devices = {"books": "tablet", "sports": "phone"}
    world.load("Interactions", [(*row, devices.get(CATEGORY[row[1]], "tv")) for row in SHOP.interactions])
    world.load("Items", [(item, kind, price, OLD, "true") for item, kind, price in SHOP.items])
    world.load("Users", SHOP.users)
    yield Served(world)
    world.close()


def test_scores_are_a_softmax_over_the_whole_catalogue(served: Served) -> None:
    answer = served.world("GetRecommendations", campaignArn=served.personal, userId="user-1", numResults=500)

    scores = [item["score"] for item in answer["itemList"]]
    assert len(scores) == len(SHOP.items)
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1)


def test_an_event_changes_the_same_users_next_recommendations_and_a_filter_sees_it(served: Served) -> None:
    unseen = served.filter("unseen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("View")')
    before = served.world.items(served.personal, userId="reader", numResults=10)

    for item in ("item-0", "item-6", "item-12"):
        served.world.put(served.tracking_id, item, user="reader")

    after = served.world.items(served.personal, userId="reader", numResults=10)
    assert before != after
    assert sum(CATEGORY[item] == "books" for item in after) > sum(CATEGORY[item] == "books" for item in before)
    left = served.world.items(served.personal, userId="reader", numResults=500, filterArn=unseen)
    assert {"item-0", "item-6", "item-12"} == set(CATEGORY) - set(left)


def test_a_session_without_a_user_is_served_by_its_own_id(served: Served) -> None:
    before = served.world.items(served.personal, userId="session-7")

    served.world.put(served.tracking_id, "item-3", session="session-7")

    assert served.world.items(served.personal, userId="session-7") != before


def test_a_repeated_event_id_counts_once(served: Served) -> None:
    for item in ("item-1", "item-2"):
        served.world.put(served.tracking_id, item, user="repeater", eventId="the-same")
    once = served.world.items(served.personal, userId="repeater")

    served.world.put(served.tracking_id, "item-1", user="repeater-2")

    assert served.world.items(served.personal, userId="repeater-2") == once


def test_a_cold_user_with_metadata_and_a_moment_with_context(served: Served) -> None:
    unknown = served.world.items(served.personal, userId="nobody", numResults=20)
    on_tablet = served.world.items(served.personal, userId="nobody", numResults=20, context={"DEVICE": "tablet"})

    assert sum(CATEGORY[item] == "books" for item in on_tablet) > sum(CATEGORY[item] == "books" for item in unknown)


def test_metadata_is_given_where_it_is_enabled(served: Served) -> None:
    columns = {"ITEMS": ["CATEGORY", "price", "NEW"]}
    answer = served.world(
        "GetRecommendations", campaignArn=served.personal, userId="user-1", numResults=1, metadataColumns=columns
    )
    [item] = answer["itemList"]

    price = next(price for name, _, price in SHOP.items if name == item["itemId"])
    assert item["metadata"]["CATEGORY"] == CATEGORY[item["itemId"]]
    assert float(item["metadata"]["price"]) == pytest.approx(price)
    assert item["metadata"]["NEW"] == "true"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"numResults": 501}, "InvalidInputException", "at most 500"),
        ({"metadataColumns": {"ITEMS": ["CATEGORY"]}, "numResults": 51}, "InvalidInputException", "at most 50 with"),
        ({"metadataColumns": {"ITEMS": ["COLOUR"]}}, "InvalidInputException", "COLOUR"),
        ({"metadataColumns": {"USERS": ["AGE"]}}, "InvalidInputException", "ITEMS"),
        ({"userId": None}, "InvalidInputException", "userId is required"),
        ({"filterValues": {"A": "1"}}, "InvalidInputException", "without filterArn"),
        (
            {"recommenderArn": "arn:aws:personalize:us-east-1:000000000000:recommender/x"},
            "InvalidInputException",
            "either",
        ),
        (
            {"campaignArn": "arn:aws:personalize:us-east-1:000000000000:campaign/none"},
            "ResourceNotFoundException",
            "does not exist",
        ),
        (
            {"filterArn": "arn:aws:personalize:us-east-1:000000000000:filter/none"},
            "ResourceNotFoundException",
            "does not exist",
        ),
    ],
)
def test_what_is_asked_wrongly_is_refused(served: Served, change: dict[str, Any], code: str, words: str) -> None:
    request = {"campaignArn": served.personal, "userId": "user-1", **change}

    found_code, message = refused(served.world, "GetRecommendations", **request)

    assert found_code == code
    assert words in message


def test_each_recipe_has_its_own_operation_and_needs(served: Served) -> None:
    world = served.world
    assert "GetPersonalizedRanking" in refused(world, "GetRecommendations", campaignArn=served.ranking, userId="u")[1]
    assert (
        "GetRecommendations"
        in refused(world, "GetPersonalizedRanking", campaignArn=served.personal, userId="u", inputList=["item-1"])[1]
    )
    assert "itemId is required" in refused(world, "GetRecommendations", campaignArn=served.similar, userId="u")[1]


def test_a_ranking_keeps_each_item_once_and_puts_unknown_ones_last(served: Served) -> None:
    only = served.filter("books", 'INCLUDE ItemID WHERE Items.CATEGORY IN ("books", "garden")')
    request = {"campaignArn": served.ranking, "userId": "user-1"}

    given = ["item-1", "nothing", "item-0", "item-2", "item-0"]
    ranked = served.world("GetPersonalizedRanking", **request, inputList=given)["personalizedRanking"]
    filtered = served.world("GetPersonalizedRanking", **request, inputList=given, filterArn=only)["personalizedRanking"]

    assert sorted(item["itemId"] for item in ranked[:3]) == ["item-0", "item-1", "item-2"]
    assert sum(item["score"] for item in ranked[:3]) == pytest.approx(1)
    assert ranked[3] == {"itemId": "nothing"}
    assert sorted(item["itemId"] for item in filtered) == ["item-0", "item-1"]


def test_promoted_items_have_their_share_of_the_places_and_their_own_filter(served: Served) -> None:
    dear = served.filter("dear", "INCLUDE ItemID WHERE Items.PRICE > $LEAST")
    toys = served.filter("toys", 'INCLUDE ItemID WHERE Items.CATEGORY IN ("toys")')
    promotion = {"name": "dear", "percentPromotedItems": 40, "filterArn": dear, "filterValues": {"LEAST": "150"}}

    answer = served.world(
        "GetRecommendations",
        campaignArn=served.personal,
        userId="user-1",
        numResults=10,
        filterArn=toys,
        promotions=[promotion],
    )["itemList"]

    promoted = [item for item in answer if item.get("promotionName") == "dear"]
    prices = {item: price for item, _, price in SHOP.items}
    assert len(answer) == 10
    assert len(promoted) == 4
    assert all(prices[item["itemId"]] > 150 and item["reason"] == ["Promoted item"] for item in promoted)
    assert all(CATEGORY[item["itemId"]] == "toys" for item in answer if item not in promoted)
    assert [item["score"] for item in promoted] == sorted((item["score"] for item in promoted), reverse=True)
    assert len({item["itemId"] for item in answer}) == 10


def test_exploration_shows_new_items_and_fewer_of_them_that_were_ignored(served: Served) -> None:
    now = int(time.time())
    for name in ("fresh-1", "fresh-2"):
        properties = f'{{"category": "toys", "price": 9.5, "creationTimestamp": {now}}}'
        served.world(
            "PutItems", datasetArn=served.world.datasets["Items"], items=[{"itemId": name, "properties": properties}]
        )

    plain = [item for _ in range(20) for item in served.world.items(served.plain, userId="user-5", numResults=10)]
    shown = [item for _ in range(20) for item in served.world.items(served.exploring, userId="user-5", numResults=10)]
    assert not {"fresh-1", "fresh-2"} & set(plain)
    assert {"fresh-1", "fresh-2"} <= set(shown)


def test_a_put_item_is_found_by_filters_of_the_next_request(served: Served) -> None:
    cheap = served.filter("cheap", "INCLUDE ItemID WHERE Items.PRICE < 0.5")
    before = served.world.items(served.personal, userId="user-1", filterArn=cheap)
    properties = '{"category": "garden", "price": 0.25}'

    served.world(
        "PutItems", datasetArn=served.world.datasets["Items"], items=[{"itemId": "item-7", "properties": properties}]
    )

    assert (before, served.world.items(served.personal, userId="user-1", filterArn=cheap)) == ([], ["item-7"])


def test_a_put_user_is_found_by_conditions_on_the_current_user(served: Served) -> None:
    toys = served.filter(
        "toys-for-the-young", 'INCLUDE ItemID WHERE Items.CATEGORY IN ("toys") IF CurrentUser.AGE = "young"'
    )
    served.world(
        "PutUsers",
        datasetArn=served.world.datasets["Users"],
        users=[{"userId": "newcomer", "properties": '{"age": "young"}'}],
    )

    kinds = {CATEGORY[item] for item in served.world.items(served.personal, userId="newcomer", filterArn=toys)}
    others = {CATEGORY[item] for item in served.world.items(served.personal, userId="x", filterArn=toys, numResults=90)}
    assert (kinds, others) == ({"toys"}, set(CATEGORIES))


@pytest.mark.parametrize(
    ("properties", "words"),
    [('{"price": 1}', "CATEGORY"), ('{"category": "x", "price": "dear"}', "price"), ("[]", "object"), (None, "lack")],
)
def test_a_bad_record_is_refused(served: Served, properties: str | None, words: str) -> None:
    item = {"itemId": "bad"} | ({"properties": properties} if properties else {})

    code, message = refused(served.world, "PutItems", datasetArn=served.world.datasets["Items"], items=[item])

    assert code == "InvalidInputException"
    assert words in message


def test_similar_items_do_not_change_with_events_and_an_unknown_item_has_popular_ones(served: Served) -> None:
    before = served.world.items(served.similar, itemId="item-0", numResults=10)
    served.world.put(served.tracking_id, "item-0", user="user-9")

    assert served.world.items(served.similar, itemId="item-0", numResults=10) == before
    assert "item-0" not in before
    assert sum(CATEGORY[item] == "books" for item in before) >= 5
    assert len(served.world.items(served.similar, itemId="no-such-item", numResults=10)) == 10


def test_an_impression_is_what_was_said_or_else_what_was_shown(served: Served) -> None:
    answer = served.world("GetRecommendations", campaignArn=served.personal, userId="user-2", numResults=3)
    shown = [item["itemId"] for item in answer["itemList"]]
    served.world.put(
        served.tracking_id, shown[0], user="user-2", recommendationId=answer["recommendationId"], eventId="implicit"
    )
    served.world.put(
        served.tracking_id, shown[0], user="user-2", impression=["a", "b"], eventId="explicit",
        recommendationId=answer["recommendationId"],
    )  # fmt: skip

    reading = served.world.emulator.database
    rows = served.world.loop.run_until_complete(
        reading.commit(
            lambda c: c.execute("SELECT event_id, impression FROM events WHERE impression NOTNULL").fetchall()
        )
    )
    assert [(event_id, json.loads(impression)) for event_id, impression in rows] == [
        ("implicit", shown),
        ("explicit", ["a", "b"]),
    ]
