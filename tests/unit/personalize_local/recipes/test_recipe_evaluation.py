"""The split that recipes are judged by, and what is said of each type."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from personalize_local.recipes.catalogue import RECIPES
from personalize_local.recipes.evaluation import evaluate, judge, trend_accuracy
from personalize_local.recipes.histories import distinct
from personalize_local.recipes.item_item import Neighbours
from personalize_local.recipes.model import ItemFacts, Objective
from personalize_local.recipes.popular import Popular
from personalize_local.recipes.related import Related
from personalize_local.recipes.splits import split, split_each
from tests.support.shoppers import interactions, timed, two_tastes

pytestmark = pytest.mark.unit

NDCG = "normalized_discounted_cumulative_gain_at_25"
FACTS = ItemFacts(created=np.zeros(40, np.int64), features=sparse.csr_matrix(np.eye(2)[np.arange(40) % 2]))
LISTS = {
    "coverage",
    "mean_reciprocal_rank_at_25",
    *(f"normalized_discounted_cumulative_gain_at_{cut}" for cut in (5, 10, 25)),
    *(f"precision_at_{cut}" for cut in (5, 10, 25)),
}


def test_a_tenth_of_the_users_is_held_out_with_the_newest_tenth_of_their_events() -> None:
    rows = two_tastes(users=50, each=20)

    parts = split(rows, 0)

    held_out = np.setdiff1d(np.arange(50), parts.train.user)
    history = distinct(rows).of(held_out)
    assert len(held_out) == 5
    assert (parts.given.lengths.tolist(), parts.targets.lengths.tolist()) == ([18] * 5, [2] * 5)
    assert parts.targets.item.tolist() == history.item[history.ages < 2].tolist()
    assert parts.given.item.tolist() == history.item[history.ages >= 2].tolist()
    assert not parts.again


def test_a_seed_decides_who_is_held_out() -> None:
    rows = two_tastes()

    one, again, other = (split(rows, seed).given.item.tolist() for seed in (3, 3, 4))

    assert one == again != other


def test_users_without_interactions_are_not_held_out() -> None:
    rows = interactions([(90, 1), (90, 2), (91, 3)], users=100)

    assert split(rows, 0).given.lengths.tolist() in ([2], [1])


def test_items_that_a_user_had_are_targets_only_where_users_come_back() -> None:
    once = two_tastes(users=50, each=20)
    back = interactions([(user, n % 5 + user % 2) for user in range(50) for n in range(20)])

    assert split(once, 0).again is False
    parts = split(back, 0)
    assert parts.again is True
    assert np.isin(parts.targets.item, parts.given.item).all()


def test_what_a_user_had_is_no_target_where_hardly_anybody_comes_back() -> None:
    parts = split(interactions([(0, item) for item in range(400)] + [(0, 3)]), 0)

    assert parts.targets.item.tolist() == list(range(361, 400))
    assert parts.again is False


def test_lists_are_judged_without_what_the_user_had() -> None:
    rows = interactions([(0, item) for item in range(10)], items=40)
    model = Popular(value=-np.arange(40, dtype=np.float32))

    assert judge(model, split(rows, 0))[NDCG] == 1


def test_related_items_are_judged_beside_the_latest_item() -> None:
    rows = interactions([(0, item) for item in range(10)], items=40)
    # Item 9 is beside item 8, item 20 beside item 0.
    start = np.array([0, *[1] * 8, *[2] * 32], np.int64)
    neighbours = Neighbours(start=start, item=np.array([20, 9], np.int32), value=np.ones(2, np.float32))

    assert judge(Related(neighbours=neighbours, users=np.zeros(40, np.float32)), split(rows, 0))[NDCG] == 1


def test_for_segments_every_user_is_split() -> None:
    given, targets = split_each(two_tastes(users=30, each=10))

    assert (set(given.lengths.tolist()), set(targets.lengths.tolist())) == ({8}, {2})


@pytest.mark.parametrize("recipe", [name for name, each in RECIPES.items() if each.model is not None])
def test_every_recipe_has_the_metrics_of_its_type(recipe: str) -> None:
    kind = RECIPES[recipe].model
    expected = {"hit_at_k", "recall_at_k"} if kind == "segments" else set(LISTS)

    found = evaluate(recipe, two_tastes(), FACTS, {})

    assert set(found) == expected | ({"trend_prediction_accuracy"} if kind == "trending" else set())
    assert all(np.isfinite(list(found.values())))


@pytest.mark.parametrize("recipe", [name for name, each in RECIPES.items() if each.model is not None])
def test_a_single_user_leaves_little_to_judge_by_but_no_error(recipe: str) -> None:
    alone = two_tastes().where(two_tastes().user == 3)

    assert all(np.isfinite(list(evaluate(recipe, alone, FACTS, {}).values())))


def test_a_personal_list_is_better_than_a_popular_one_and_related_items_are_between() -> None:
    rows = two_tastes(users=400, each=12)

    personal, popular, sims = (
        evaluate(recipe, rows, None, {})[NDCG]
        for recipe in ("aws-user-personalization", "aws-popularity-count", "aws-similar-items")
    )

    assert personal > 1.1 * popular
    assert sims > popular


def test_evaluation_repeats() -> None:
    assert evaluate("aws-user-personalization", two_tastes(), None, {}) == evaluate(
        "aws-user-personalization", two_tastes(), None, {}
    )


def test_an_objective_has_its_reward_measured() -> None:
    price = Objective(value=np.arange(40, dtype=np.float32), strength=3)

    found = evaluate("aws-user-personalization-v2", two_tastes(), None, {}, objective=price)

    assert set(found) == {*LISTS, "average_rewards_at_k"}
    assert 0 < found["average_rewards_at_k"] <= 1


def test_without_interactions_there_is_nothing_to_judge_by() -> None:
    nothing = two_tastes().where(np.zeros(len(two_tastes()), np.bool_))

    assert evaluate("aws-semantic-similarity", nothing, FACTS, {}) == {}


def test_a_trend_that_goes_on_is_predicted_and_one_that_turns_is_not() -> None:
    def growing(per_hour: dict[int, list[int]]) -> list[tuple[int, int, int]]:
        return [(u, item, 3_600 * h + 1) for item, ns in per_hour.items() for h, n in enumerate(ns) for u in range(n)]

    others = {item: [3, 3, 3, 3] for item in range(2, 30)}
    on = timed(growing({0: [1, 5, 20, 60], 1: [60, 20, 5, 1], **others}))
    turning = timed(growing({0: [1, 5, 20, 0], 29: [9, 9, 0, 50], **{i: [3, 3, 3, 3] for i in range(1, 29)}}))

    assert trend_accuracy(on, 3_600) == 1
    assert trend_accuracy(turning, 3_600) == 0


def test_segments_find_more_of_the_users_that_come_than_chance_does() -> None:
    rows = two_tastes(users=300, items=20, each=6)

    found = evaluate("aws-item-affinity", rows, None, {})

    targets = split_each(rows)[1]
    by_chance = np.mean([3 * n / 300 for n in np.bincount(targets.item) if n])
    assert found["hit_at_k"] > 1.2 * by_chance
    assert 0 < found["recall_at_k"] < 1


def test_a_segment_is_of_users_who_did_not_have_the_item_yet() -> None:
    # Ten users come to item 0 last; 290 had it before, with the same items beside it, and come to nothing new.
    late = [(user, item) for user in range(10) for item in (1, 2, 3, 4, 0)]
    early = [(user, item) for user in range(10, 300) for item in (1, 2, 3, 0, 1)]

    found = evaluate("aws-item-affinity", interactions(late + early), None, {})

    assert found == {"hit_at_k": 3, "recall_at_k": pytest.approx(0.3)}
