"""Lists: pages, filters by their optional ARN, summaries."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore import xform_name

from tests.support.personalize_world import START, World, refused

pytestmark = pytest.mark.unit


def _pages(world: World, operation: str, member: str, size: int, **more: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    token: str | None = None
    while True:
        given: dict[str, Any] = {"nextToken": token} if token else {}
        page = world(operation, maxResults=size, **given, **more)
        pages.append([each["name"] for each in page[member]])
        token = page.get("nextToken")
        if token is None:
            return pages


def test_pages_hold_everything_once_oldest_first(world: World) -> None:
    for number in range(7):
        world.schema(name=f"s{number}")

    assert _pages(world, "ListSchemas", "schemas", 3) == [["s0", "s1", "s2"], ["s3", "s4", "s5"], ["s6"]]
    assert _pages(world, "ListSchemas", "schemas", 7) == [[f"s{number}" for number in range(7)]]
    assert len(world("ListSchemas")["schemas"]) == 7


def test_a_token_stays_good_when_resources_come_and_go(world: World) -> None:
    arns = [world.schema(name=f"s{number}") for number in range(6)]
    first = world("ListSchemas", maxResults=3)
    world("DeleteSchema", schemaArn=arns[2])
    world("DeleteSchema", schemaArn=arns[3])
    world.schema(name="s6")
    rest = world("ListSchemas", maxResults=10, nextToken=first["nextToken"])

    assert [each["name"] for each in rest["schemas"]] == ["s4", "s5", "s6"]


@pytest.mark.parametrize(
    "token",
    ["nonsense", "", "====", base64.urlsafe_b64encode(b"1.0").decode(), base64.b64encode(b"x y").decode(), "1.0 a"],
)
def test_a_token_that_no_list_gave_out_is_refused(world: World, token: str) -> None:
    for operation in ("ListSchemas", "ListRecipes"):
        assert refused(world, operation, nextToken=token)[0] == "InvalidNextTokenException"


def test_lists_keep_to_their_group(world: World) -> None:
    groups = [world.group(name) for name in ("a", "b")]
    for group in groups:
        world.dataset(group)
        world("CreateEventTracker", name=f"{group[-1]}-tracker", datasetGroupArn=group)
        solution = world.solution(group, f"{group[-1]}-solution")
        version = world.version(solution)
        world("CreateCampaign", name=f"{group[-1]}-campaign", solutionVersionArn=version)
    found = {
        member: [each["name"] for each in world(operation, datasetGroupArn=groups[1])[member]]
        for operation, member in (
            ("ListDatasets", "datasets"),
            ("ListEventTrackers", "eventTrackers"),
            ("ListSolutions", "solutions"),
        )
    }
    campaigns = world("ListCampaigns", solutionArn=f"{solution}")["campaigns"]

    assert found == {"datasets": ["b-Interactions"], "eventTrackers": ["b-tracker"], "solutions": ["b-solution"]}
    assert [each["name"] for each in campaigns] == ["b-campaign"]
    assert len(world("ListCampaigns")["campaigns"]) == len(world("ListSolutionVersions")["solutionVersions"]) == 2
    assert world("ListSolutions", datasetGroupArn=f"{groups[0]}x")["solutions"] == []
    assert refused(world, "ListSolutionVersions", solutionArn=f"{solution}x")[0] == "ResourceNotFoundException"


def test_a_summary_has_only_what_its_shape_has(world: World) -> None:
    group = world.group()
    world.dataset(group)
    [summary] = world("ListDatasets")["datasets"]

    assert START < summary.pop("creationDateTime") == summary.pop("lastUpdatedDateTime")
    assert summary == {
        "name": "shop-Interactions",
        "datasetArn": f"{group.replace('dataset-group', 'dataset')}/INTERACTIONS",
        "datasetType": "INTERACTIONS",
        "status": "ACTIVE",
    }


def test_filters_are_listed_under_a_capital_letter(world: World) -> None:
    assert world("ListFilters") == {"Filters": []}
    assert xform_name("Filters") == "filters"


def test_recipes_are_listed_by_domain(world: World) -> None:
    everything = _pages(world, "ListRecipes", "recipes", 6)
    vod = world("ListRecipes", domain="VIDEO_ON_DEMAND")["recipes"]

    assert [len(page) for page in everything] == [6, 6, 6, 6, 1]
    assert len({name for page in everything for name in page}) == 25
    assert {(each["name"][:8], each["domain"]) for each in vod} == {("aws-vod-", "VIDEO_ON_DEMAND")}


def test_a_recipe_leads_to_its_algorithm_and_its_transformation(world: World) -> None:
    recipe = world("DescribeRecipe", recipeArn="arn:aws:personalize:::recipe/aws-sims")["recipe"]
    algorithm = world("DescribeAlgorithm", algorithmArn=recipe["algorithmArn"])["algorithm"]
    arn = recipe["featureTransformationArn"]
    transformation = world("DescribeFeatureTransformation", featureTransformationArn=arn)["featureTransformation"]

    assert recipe["recipeType"] == "RELATED_ITEMS"
    assert algorithm["defaultHyperParameters"] == {"popularity_discount_factor": "0.5", "min_cointeraction_count": "3"}
    assert algorithm["defaultHyperParameterRanges"] == {
        "integerHyperParameterRanges": [
            {"name": "min_cointeraction_count", "isTunable": True, "minValue": 0, "maxValue": 10}
        ],
        "continuousHyperParameterRanges": [
            {"name": "popularity_discount_factor", "isTunable": True, "minValue": 0.0, "maxValue": 1.0}
        ],
        "categoricalHyperParameterRanges": [],
    }
    assert transformation["defaultParameters"] == {
        "min_user_history_length_percentile": "0.005",
        "max_user_history_length_percentile": "0.995",
        "min_item_interaction_count_percentile": "0.01",
        "max_item_interaction_count_percentile": "0.9",
    }


@pytest.mark.parametrize(
    ("operation", "member", "kind"),
    [
        ("DescribeRecipe", "recipeArn", "recipe"),
        ("DescribeAlgorithm", "algorithmArn", "algorithm"),
        ("DescribeFeatureTransformation", "featureTransformationArn", "feature-transformation"),
    ],
)
def test_what_personalize_does_not_own_is_not_found(world: World, operation: str, member: str, kind: str) -> None:
    arns = [f"arn:aws:personalize:::{kind}/none", "arn:aws:personalize:::other/aws-sims"]

    assert [refused(world, operation, **{member: arn})[0] for arn in arns] == [
        "ResourceNotFoundException",
        "InvalidInputException",
    ]
