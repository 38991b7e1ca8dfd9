"""The recipes as data: complete, consistent and cheap to read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from personalize_local.recipes.arguments import content_share, engine, sims_settings, values
from personalize_local.recipes.catalogue import ARGUMENTS, RECIPES
from personalize_local.recipes.histories import STATIC

pytestmark = pytest.mark.unit


def imported(*modules: str) -> set[str]:
    """Top names of all that comes with these modules."""
    code = f"import sys\n{''.join(f'import {name};' for name in modules)}\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    return {name.partition(".")[0] for name in found.split()}


def test_the_catalogue_needs_no_numbers() -> None:
    assert not imported("personalize_local.recipes.catalogue") & {"numpy", "scipy"}


def test_serving_needs_no_scipy() -> None:
    recipes = "personalize_local.recipes"

    assert "scipy" not in imported(f"{recipes}.registry", f"{recipes}.explore", f"{recipes}.softmax")


def test_all_recipes_of_personalize_are_there() -> None:
    assert sorted(RECIPES) == [
        "aws-ecomm-customers-who-viewed-x-also-viewed",
        "aws-ecomm-frequently-bought-together",
        "aws-ecomm-popular-items-by-purchases",
        "aws-ecomm-popular-items-by-views",
        "aws-ecomm-recommended-for-you",
        "aws-hrnn",
        "aws-hrnn-coldstart",
        "aws-hrnn-metadata",
        "aws-item-affinity",
        "aws-item-attribute-affinity",
        "aws-next-best-action",
        "aws-personalized-ranking",
        "aws-personalized-ranking-v2",
        "aws-popularity-count",
        "aws-semantic-similarity",
        "aws-similar-items",
        "aws-sims",
        "aws-trending-now",
        "aws-user-personalization",
        "aws-user-personalization-v2",
        "aws-vod-because-you-watched-x",
        "aws-vod-more-like-x",
        "aws-vod-most-popular",
        "aws-vod-top-picks",
        "aws-vod-trending-now",
    ]


def test_a_recipe_is_refused_if_and_only_if_nothing_is_trained_for_it() -> None:
    refused = {name: recipe.refusal for name, recipe in RECIPES.items() if recipe.refusal}

    assert set(refused) == {name for name, recipe in RECIPES.items() if recipe.model is None}
    assert set(refused) == {"aws-next-best-action", "aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart"}


def test_related_items_need_an_item_and_personal_ones_a_user() -> None:
    related = {name for name, recipe in RECIPES.items() if recipe.type == "RELATED_ITEMS"}

    assert related == {name for name, recipe in RECIPES.items() if recipe.needs_item}
    assert all(recipe.needs_user for recipe in RECIPES.values() if recipe.model == "user")


@pytest.mark.parametrize("name", RECIPES)
def test_defaults_are_allowed(name: str) -> None:
    complaints = [each.complaint(each.default) for each in ARGUMENTS[name].values()]

    assert [complaint for complaint in complaints if complaint] == []


@pytest.mark.parametrize(
    ("recipe", "given", "message"),
    [
        ("aws-sims", {"depth": "3"}, "aws-sims has no hyperparameter depth."),
        (
            "aws-sims",
            {"min_cointeraction_count": "11"},
            "min_cointeraction_count must be an integer from 0 to 10; it is '11'.",
        ),
        (
            "aws-sims",
            {"min_cointeraction_count": "2.5"},
            "min_cointeraction_count must be an integer from 0 to 10; it is '2.5'.",
        ),
        (
            "aws-sims",
            {"popularity_discount_factor": "nan"},
            "popularity_discount_factor must be a number from 0.0 to 1.0; it is 'nan'.",
        ),
        ("aws-user-personalization", {"bptt": "-1"}, "bptt must be an integer from 2 to 32; it is '-1'."),
        (
            "aws-user-personalization",
            {"recency_mask": "maybe"},
            "recency_mask must be one of True, False; it is 'maybe'.",
        ),
        (
            "aws-trending-now",
            {"trend_discovery_frequency": "2 days"},
            "trend_discovery_frequency must be one of 30 minutes, 1 hour, 3 hours, 1 day; it is '2 days'.",
        ),
    ],
)
def test_what_a_recipe_does_not_take_is_refused(recipe: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is asserted
        values(recipe, given)

    assert str(refused.value) == message


def test_defaults_of_both_versions_mean_the_same() -> None:
    one, two = engine("aws-user-personalization", {}), engine("aws-user-personalization-v2", {})

    assert (one.regularization, one.half_life) == (two.regularization, two.half_life) == (500, 5)
    assert (one.percentiles, two.percentiles) == ((0.0, 0.99), (0.0, 1.0))


def test_more_dimensions_regularize_less_and_less_memory_fades_sooner() -> None:
    found = engine("aws-user-personalization", {"hidden_dimension": "74", "bptt": "16"})

    assert found.regularization == pytest.approx(1_006.8, abs=0.1)
    assert found.half_life == 2.5


@pytest.mark.parametrize(
    ("recipe", "given"),
    [
        ("aws-user-personalization", {"recency_mask": "False"}),
        ("aws-user-personalization-v2", {"apply_recency_bias": "false"}),
    ],
)
def test_without_recency_nothing_fades(recipe: str, given: dict[str, str]) -> None:
    assert engine(recipe, given).half_life == STATIC


def test_hyperparameters_of_sims_become_its_settings() -> None:
    given = {
        "popularity_discount_factor": "0.2",
        "min_cointeraction_count": "7",
        "max_item_interaction_count_percentile": "0.8",
    }

    found = sims_settings("aws-sims", given)

    assert (found.popularity_discount, found.least_together) == (0.2, 7)
    assert (found.user_percentiles, found.item_percentiles) == ((0.005, 0.995), (0.01, 0.8))


def test_hidden_dimensions_share_similar_items_between_behaviour_and_content() -> None:
    assert content_share("aws-similar-items", {}) == 0.5
    assert content_share("aws-similar-items", {"item_id_hidden_dim": "150", "item_metadata_hidden_dim": "50"}) == 0.25
    assert content_share("aws-vod-more-like-x", {}) == 0.5


def test_arns_are_those_of_the_service() -> None:
    sims, trending = RECIPES["aws-sims"], RECIPES["aws-trending-now"]

    assert (sims.arn, sims.transformation_arn) == (
        "arn:aws:personalize:::recipe/aws-sims",
        "arn:aws:personalize:::feature-transformation/sims",
    )
    assert (sims.algorithm_arn, trending.algorithm_arn) == (
        "arn:aws:personalize:::algorithm/aws-sims",
        "arn:aws:personalize:::algorithm/aws-trending-now-custom",
    )
