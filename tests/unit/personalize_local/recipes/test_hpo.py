"""The search tries what is allowed, at most so many times, and takes the best."""

from __future__ import annotations

import pytest

from personalize_local.recipes.arguments import values
from personalize_local.recipes.catalogue import ARGUMENTS, RECIPES
from personalize_local.recipes.evaluation import evaluate
from personalize_local.recipes.hpo import METRIC, Range, Search, tunable, tune
from tests.support.shoppers import two_tastes

pytestmark = pytest.mark.unit

UP = "aws-user-personalization"


def test_the_first_trial_is_the_default_and_the_best_is_the_best_of_all() -> None:
    found = tune(UP, two_tastes(users=200), None, Search(jobs=7))

    assert len(found.trials) == 7
    assert found.trials[0].hyperparameters == {"hidden_dimension": "149", "bptt": "32", "recency_mask": "True"}
    assert max(trial.metric for trial in found.trials) == next(
        trial.metric for trial in found.trials if trial.hyperparameters == found.best
    )
    assert len({tuple(trial.hyperparameters.items()) for trial in found.trials}) == 7


@pytest.mark.parametrize("recipe", [UP, "aws-sims"])
def test_a_trial_is_worth_what_evaluation_says(recipe: str) -> None:
    rows = two_tastes(users=120)

    found = tune(recipe, rows, None, Search(jobs=24))

    judged = [evaluate(recipe, rows, None, trial.hyperparameters)[METRIC] for trial in found.trials]
    assert [trial.metric for trial in found.trials] == judged
    assert len(set(judged)) > 5


def test_a_search_repeats() -> None:
    once, again = (tune("aws-sims", two_tastes(), None, Search(jobs=4), seed=2) for _ in range(2))

    assert once == again


def test_ranges_narrow_what_is_tried() -> None:
    ranges = {
        "hidden_dimension": Range(least=100, most=200),
        "bptt": Range(least=3, most=4),
        "recency_mask": Range(values=("False",)),
    }

    found = tune(UP, two_tastes(), None, Search(jobs=40, ranges=ranges))

    assert [trial.hyperparameters for trial in found.trials] == [
        {"hidden_dimension": "149", "bptt": bptt, "recency_mask": "False"} for bptt in ("3", "4")
    ]


def test_a_range_of_numbers_that_are_not_whole_gives_its_ends() -> None:
    ranges = {
        "popularity_discount_factor": Range(least=0.31, most=0.42),
        "min_cointeraction_count": Range(least=3, most=3),
    }

    found = tune("aws-sims", two_tastes(), None, Search(jobs=9, ranges=ranges))

    assert [trial.hyperparameters["popularity_discount_factor"] for trial in found.trials] == ["0.31", "0.42"]


def test_what_is_fixed_is_not_tried_but_holds() -> None:
    found = tune("aws-sims", two_tastes(), None, Search(jobs=9, fixed={"min_cointeraction_count": "10"}))

    assert [list(trial.hyperparameters) for trial in found.trials] == [["popularity_discount_factor"]] * 5
    free = tune("aws-sims", two_tastes(), None, Search(jobs=1))
    assert found.trials[0].metric != free.trials[0].metric


@pytest.mark.parametrize("recipe", [name for name in RECIPES if tunable(name) and RECIPES[name].model])
def test_all_that_is_tried_is_allowed(recipe: str) -> None:
    found = tune(recipe, two_tastes(), None, Search(jobs=40))

    assert all(values(recipe, trial.hyperparameters) for trial in found.trials)
    assert set(found.best) == {name for name, each in ARGUMENTS[recipe].items() if each.tunable}


def test_a_recipe_without_anything_to_tune_says_so() -> None:
    with pytest.raises(ValueError, match="aws-popularity-count does not support hyperparameter optimization"):
        tune("aws-popularity-count", two_tastes(), None, Search(jobs=1))
