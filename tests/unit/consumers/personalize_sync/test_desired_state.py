"""What is declared, and the names that follow from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from consumers.personalize_sync.desired import declared, load_desired, schemas
from consumers.personalize_sync.naming import Names, names_for
from contract.errors import ConfigurationError
from tests.support.reconciler_world import ARN, Deployment

pytestmark = pytest.mark.unit

WARMING = Path(__file__).parents[4] / "consumers/warming/function.yaml"

SMALL = """
[filters]
[solutions.mine]
recipe = "aws-user-personalization-v2"
[solutions.popular]
recipe = "aws-popularity-count"
beside = "mine"
[campaigns.mine]
solution = "mine"
baseline = "popular"
"""


def test_the_file_beside_the_code_declares_everything() -> None:
    desired = declared()

    assert {name: solution.recipe for name, solution in desired.solutions.items()} == {
        "user-personalization": "aws-user-personalization-v2",
        "popularity": "aws-popularity-count",
    }
    assert list(desired.campaigns) == ["user-personalization"]
    assert list(schemas()) == ["interactions", "items", "users"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("=", "desired state: Invalid statement"),
        ("", "missing required field `filters`"),
        (SMALL + "colour = 1", "unknown field `colour`"),
        (SMALL + "[promotion]\nmargin = 1", "unknown field `margin`"),
        (SMALL.replace('baseline = "popular"', 'baseline = "x"'), "campaign mine names 'x', which is no solution"),
        (SMALL.replace('beside = "mine"', 'beside = "y"'), "solution popular names 'y', which is no solution"),
        (SMALL + "min_provisioned_tps = 2", "campaign mine asks for 2 TPS, billed day and night"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_desired(text)

    assert said in str(refused.value)


def test_more_capacity_is_asked_for_in_so_many_words() -> None:
    desired = load_desired(f"{SMALL}min_provisioned_tps = 2\npays_for_more = true")

    assert desired.campaigns["mine"].min_provisioned_tps == 2


def test_arns_follow_from_the_role_and_the_names() -> None:
    names = names_for("arn:aws-cn:iam::123456789012:role/x", deployment="shop", region="cn-north-1")

    front = "arn:aws-cn:personalize:cn-north-1:123456789012:"
    assert names.dataset_arn("items") == f"{front}dataset/shop/ITEMS"
    assert names.recipe("aws-sims") == "arn:aws-cn:personalize:::recipe/aws-sims"
    assert names.import_job("items", 12, "FULL", 2) == "shop-items-12-full-2"
    assert names.hashed("items", "a") != names.hashed("items", "b")


@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012", "arn:aws:s3:::bucket"])
def test_what_is_no_role_is_refused(role: str) -> None:
    with pytest.raises(ConfigurationError, match="is not the ARN of a role"):
        names_for(role, deployment="shop", region="us-east-1")


def test_a_deployment_whose_names_would_be_too_long_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="is too long"):
        Names(deployment="a" * 40, region="us-east-1", account="000000000000")


def test_a_solution_that_is_there_with_another_recipe_is_refused_since_recipes_do_not_change() -> None:
    world = Deployment()
    world.settle()
    solution = world.personalize.made[f"{ARN}solution/shop-test-popularity"]
    solution.body["recipeArn"] = "arn:aws:personalize:::recipe/aws-sims"

    with pytest.raises(ConfigurationError, match="give the solution another name"):
        world.settle()


def test_the_filter_that_warming_asks_with_is_declared() -> None:
    asked = yaml.safe_load(WARMING.read_text())["environment"]["FILTER_NAME"]

    assert set(declared().filters) == {asked}


def test_a_filter_that_was_deleted_is_made_again() -> None:
    world = Deployment()
    world.settle()
    arn = f"{ARN}filter/shop-test-recommendable-6472047d"
    del world.personalize.made[arn]

    world.settle()

    assert world.started("recommendable") == [arn.removeprefix(ARN)] * 2


def test_a_campaign_with_more_capacity_than_declared_is_brought_back() -> None:
    world = Deployment.published()
    world.settle()
    campaign = world.personalize.made[f"{ARN}campaign/shop-test-user-personalization"]
    campaign.body["minProvisionedTPS"] = 5

    world.settle()

    assert campaign.body["minProvisionedTPS"] == 1
