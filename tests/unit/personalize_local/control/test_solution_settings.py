"""What CreateSolution and UpdateSolution take and refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.personalize_world import World, refused

pytestmark = pytest.mark.unit

UP = "aws-user-personalization"
_RANGES: dict[str, Any] = {
    "integerHyperParameterRanges": [],
    "continuousHyperParameterRanges": [],
    "categoricalHyperParameterRanges": [],
}


def _hpo(**ranges: Any) -> dict[str, Any]:
    return {"hpoConfig": {"algorithmHyperParameterRanges": {**_RANGES, **ranges}}}


@pytest.mark.parametrize(
    ("recipe", "config", "more", "message"),
    [
        (UP, {"algorithmHyperParameters": {"bptt": "33"}}, {}, "bptt must be an integer from 2 to 32; it is '33'."),
        (UP, {"algorithmHyperParameters": {"bptt": "2.5"}}, {}, "bptt must be an integer from 2 to 32; it is '2.5'."),
        (UP, {"algorithmHyperParameters": {"lr": "1"}}, {}, "aws-user-personalization has no parameter lr here"),
        (
            "aws-sims",
            {"featureTransformationParameters": {"min_user_history_length_percentile": "2"}},
            {},
            "min_user_history_length_percentile must be a number from 0.0 to 1.0; it is '2'.",
        ),
        (UP, {"eventValueThreshold": "3"}, {}, "eventValueThreshold needs an eventType."),
        (
            UP,
            {"eventValueThreshold": "nan"},
            {"eventType": "View"},
            "eventValueThreshold must be a number; it is 'nan'.",
        ),
        (UP, _hpo(), {}, "hpoConfig is given, but performHPO is not true."),
        ("aws-popularity-count", {}, {"performHPO": True}, "aws-popularity-count has no hyperparameters to optimize"),
        (
            UP,
            {"hpoConfig": {"algorithmHyperParameterRanges": {"integerHyperParameterRanges": []}}},
            {"performHPO": True},
            "algorithmHyperParameterRanges must have continuousHyperParameterRanges, categoricalHyperParameterRanges",
        ),
        (
            UP,
            _hpo(integerHyperParameterRanges=[{"name": "bptt", "minValue": 1, "maxValue": 9}]),
            {"performHPO": True},
            "bptt must be an integer from 2 to 32; it is '1'.",
        ),
        (
            UP,
            _hpo(integerHyperParameterRanges=[{"name": "bptt", "minValue": 9, "maxValue": 3}]),
            {"performHPO": True},
            "bptt: minValue is above maxValue.",
        ),
        (
            UP,
            _hpo(continuousHyperParameterRanges=[{"name": "bptt", "minValue": 9, "maxValue": 3}]),
            {"performHPO": True},
            "aws-user-personalization has no 'bptt' to optimize in continuousHyperParameterRanges.",
        ),
        (
            UP,
            {"hpoConfig": {"hpoResourceConfig": {"maxNumberOfTrainingJobs": "41"}}},
            {"performHPO": True},
            "maxNumberOfTrainingJobs must be an integer from 1 to 40; it is '41'.",
        ),
        (
            UP,
            {"hpoConfig": {"hpoResourceConfig": {"maxParallelTrainingJobs": "0"}}},
            {"performHPO": True},
            "maxParallelTrainingJobs must be an integer from 1 to 10; it is '0'.",
        ),
        (
            "aws-sims",
            {"optimizationObjective": {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}},
            {},
            "aws-sims does not support an optimizationObjective.",
        ),
        (
            UP,
            {"optimizationObjective": {"itemAttribute": "GENRES", "objectiveSensitivity": "LOW"}},
            {},
            "optimizationObjective.itemAttribute must be a numeric column of the Items dataset; it is 'GENRES'.",
        ),
        (
            UP,
            {"eventsConfig": {"eventParametersList": [{"eventType": "a"}]}},
            {},
            f"{UP} does not support eventsConfig.",
        ),
        (
            f"{UP}-v2",
            {"eventsConfig": {"eventParametersList": [{"eventType": "a"}, {"eventType": "a"}]}},
            {},
            "Each entry of eventParametersList needs an eventType of its own.",
        ),
        (
            f"{UP}-v2",
            {"eventsConfig": {"eventParametersList": [{"eventType": "a"}]}},
            {"eventType": "a"},
            "Give either eventType or eventsConfig, not both.",
        ),
        (
            UP,
            {"trainingDataConfig": {"includedDatasetColumns": {"USERS": ["AGE"]}}},
            {},
            "trainingDataConfig names USERS, a dataset that the group does not have.",
        ),
        (
            UP,
            {"trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["COLOR"]}}},
            {},
            "Dataset ITEMS has no such columns: COLOR.",
        ),
        (
            UP,
            {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ITEM_ID"]}}},
            {},
            "Columns that training cannot do without are excluded: ITEM_ID.",
        ),
        (
            UP,
            {
                "trainingDataConfig": {
                    "excludedDatasetColumns": {"ITEMS": ["PRICE"]},
                    "includedDatasetColumns": {"Items": ["PRICE"]},
                }
            },
            {},
            "Columns are included or excluded, not both: ITEMS.",
        ),
        (
            UP,
            {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}},
            {},
            "schedulingExpression must be rate(1 day) to rate(30 days).",
        ),
        (UP, {}, {"performIncrementalUpdate": True}, f"{UP} does not support performIncrementalUpdate."),
        (UP, {}, {"recipeArn": None}, "recipeArn is required, for performAutoML is false."),
        (
            UP,
            {},
            {"recipeArn": "arn:aws:personalize:::algorithm/aws-sims"},
            "arn:aws:personalize:::algorithm/aws-sims is not the ARN of a recipe",
        ),
        (
            "aws-vod-top-picks",
            {},
            {},
            "arn:aws:personalize:::recipe/aws-vod-top-picks is a use case of VIDEO_ON_DEMAND",
        ),
        ("aws-hrnn", {}, {}, "aws-hrnn is a legacy recipe"),
    ],
)
def test_settings_that_personalize_refuses(
    world: World, recipe: str, config: dict[str, Any], more: dict[str, Any], message: str
) -> None:
    group = world.group()
    world.dataset(group, "Items")

    code, found = refused(world.solution, group, recipe=recipe, solutionConfig=config, **more)

    assert code == "InvalidInputException"
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("recipe", "config", "named"),
    [
        ("aws-next-best-action", {}, "aws-next-best-action"),
        (UP, {"autoMLConfig": {"metricName": "m"}}, "solutionConfig.autoMLConfig"),
        (UP, {"hpoConfig": {"hpoObjective": {"type": "t"}}}, "hpoConfig.hpoObjective"),
    ],
)
def test_settings_that_only_this_emulator_refuses(
    world: World, recipe: str, config: dict[str, Any], named: str
) -> None:
    code, message = refused(world.solution, world.group(), recipe=recipe, solutionConfig=config, performHPO=True)

    assert (code, message) == ("NotSupportedException", f"CreateSolution: this emulator does not support {named}.")


def test_an_unknown_recipe_is_not_found(world: World) -> None:
    assert refused(world.solution, world.group(), recipe="aws-none")[0] == "ResourceNotFoundException"


def test_defaults_are_shown(world: World) -> None:
    group = world.group()
    solution = world.solution(group)
    shown = world("DescribeSolution", solutionArn=solution)["solution"]
    del shown["creationDateTime"], shown["lastUpdatedDateTime"]

    assert shown == {
        "name": "ease",
        "solutionArn": solution,
        "performHPO": False,
        "performAutoML": False,
        "performAutoTraining": True,
        "performIncrementalUpdate": False,
        "recipeArn": "arn:aws:personalize:::recipe/aws-user-personalization",
        "datasetGroupArn": group,
        "solutionConfig": {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}},
        "status": "ACTIVE",
    }


def test_an_update_is_shown_beside_the_solution_until_it_is_applied(slow: World) -> None:
    group = slow.group()
    slow.advance(30)
    solution = slow.solution(group)
    slow.advance(30)
    change = {"autoTrainingConfig": {"schedulingExpression": "rate(1 day)"}}
    slow("UpdateSolution", solutionArn=solution, performAutoTraining=True, solutionUpdateConfig=change)
    before = slow("DescribeSolution", solutionArn=solution)["solution"]
    again = refused(slow, "UpdateSolution", solutionArn=solution, performAutoTraining=False)
    slow.advance(30)
    after = slow("DescribeSolution", solutionArn=solution)["solution"]
    update = after["latestSolutionUpdate"]

    assert before["latestSolutionUpdate"]["status"] == "CREATE PENDING"
    assert before["solutionConfig"]["autoTrainingConfig"] == {"schedulingExpression": "rate(7 days)"}
    assert again[0] == "ResourceInUseException"
    assert after["solutionConfig"] == change
    assert (update["solutionUpdateConfig"], update["performAutoTraining"], update["status"]) == (change, True, "ACTIVE")


def test_an_update_of_nothing_is_refused(world: World) -> None:
    solution = world.solution(world.group())

    assert refused(world, "UpdateSolution", solutionArn=solution)[0] == "InvalidInputException"


def test_a_group_has_ten_solutions(world: World) -> None:
    group = world.group()
    for number in range(10):
        world.solution(group, f"s{number}")

    assert refused(world.solution, group, "s10") == (
        "LimitExceededException",
        "Cannot create a solution. More than 10 resources in ACTIVE state. Please delete some and try again.",
    )
