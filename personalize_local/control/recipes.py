"""What Personalize owns: recipes, their algorithms and feature transformations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from personalize_local.arns import OWNED, recipe_name
from personalize_local.control.describing import MOST_OF_LIST, Answer, page
from personalize_local.emulator import Emulator
from personalize_local.operations import operation
from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.facts import Hyperparameter, Recipe
from personalize_local.state.resources import ACTIVE
from personalize_local.wire.errors import InvalidInputException, ResourceNotFoundException

_MADE = datetime(2019, 6, 10, tzinfo=UTC).timestamp()  # the service's first day; recipes do not change here
_TIMES = {"creationDateTime": _MADE, "lastUpdatedDateTime": _MADE}


@operation("ListRecipes")
def list_recipes(
    emulator: Emulator,  # noqa: ARG001 - recipes are the same for every emulator
    *,
    recipe_provider: str = "SERVICE",  # noqa: ARG001 - the only one there is
    domain: str | None = None,
    next_token: str | None = None,
    max_results: int = MOST_OF_LIST,
) -> Answer:
    recipes = sorted((each for each in RECIPES.values() if domain in {None, each.domain}), key=lambda each: each.arn)
    found, token = page(recipes, lambda recipe: (_MADE, recipe.arn), next_token, max_results)
    return {"recipes": [_summary(recipe) for recipe in found], "nextToken": token}


@operation("DescribeRecipe")
def describe_recipe(emulator: Emulator, *, recipe_arn: str) -> Answer:  # noqa: ARG001
    recipe = recipe_of(recipe_arn)
    facts = {
        "algorithmArn": recipe.algorithm_arn,
        "featureTransformationArn": recipe.transformation_arn,
        "description": recipe.description,
        "recipeType": recipe.type,
    }
    summary = _summary(recipe)
    del summary["domain"]
    return {"recipe": summary | facts}


@operation("DescribeAlgorithm")
def describe_algorithm(emulator: Emulator, *, algorithm_arn: str) -> Answer:  # noqa: ARG001
    recipe = next((each for each in RECIPES.values() if each.algorithm_arn == algorithm_arn), None)
    if recipe is None:
        raise _unknown(algorithm_arn, "algorithm")
    facts = {
        "name": recipe.name,
        "algorithmArn": algorithm_arn,
        "defaultHyperParameters": _defaults(recipe.hyperparameters),
        "defaultHyperParameterRanges": _ranges(recipe.hyperparameters),
        "trainingInputMode": "File",
    }
    return {"algorithm": facts | _TIMES}


@operation("DescribeFeatureTransformation")
def describe_feature_transformation(emulator: Emulator, *, feature_transformation_arn: str) -> Answer:  # noqa: ARG001
    using = [each for each in RECIPES.values() if each.transformation_arn == feature_transformation_arn]
    if not using:
        raise _unknown(feature_transformation_arn, "feature-transformation")
    facts = {
        "name": using[0].transformation,
        "featureTransformationArn": feature_transformation_arn,
        "defaultParameters": _defaults(each for recipe in reversed(using) for each in recipe.feature_parameters),
        "status": ACTIVE,
    }
    return {"featureTransformation": facts | _TIMES}


def recipe_of(arn: str) -> Recipe:
    """Raises `ResourceNotFoundException`; `InvalidInputException` for the ARN of something else."""
    recipe = RECIPES.get(recipe_name(arn))
    if recipe is None or recipe.arn != arn:
        raise _unknown(arn, "recipe")
    return recipe


def _summary(recipe: Recipe) -> dict[str, Any]:
    return {"name": recipe.name, "recipeArn": recipe.arn, "status": ACTIVE, "domain": recipe.domain} | _TIMES


def _defaults(parameters: Iterable[Hyperparameter]) -> dict[str, str]:
    return {each.name: each.default for each in parameters}


def _ranges(parameters: Iterable[Hyperparameter]) -> dict[str, list[dict[str, Any]]]:
    ranges: dict[str, list[dict[str, Any]]] = {
        "integerHyperParameterRanges": [],
        "continuousHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    }
    for each in parameters:
        number = int if each.kind == "integer" else float
        bounds: dict[str, Any] = {"minValue": number(each.least), "maxValue": number(each.most)}
        values = {"values": list(each.values)} if each.kind == "categorical" else bounds
        ranges[f"{each.kind}HyperParameterRanges"].append({"name": each.name, "isTunable": each.tunable} | values)
    return ranges


def _unknown(arn: str, kind: str) -> InvalidInputException | ResourceNotFoundException:
    if f":{kind}/" in arn:
        return ResourceNotFoundException(f"Resource Arn {arn} does not exist.")
    return InvalidInputException(f"{arn} is not the ARN of a {kind}; those begin with {OWNED}{kind}/.")
