"""Lists for a user: warm, cold, in a context, with an objective; logits that a softmax makes sense of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from personalize_local.recipes.batches import many
from personalize_local.recipes.calibration import calibrate, share_of_repeats
from personalize_local.recipes.ease import ease
from personalize_local.recipes.histories import distinct
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.model import History, Interactions, Objective
from personalize_local.recipes.personal import Personalization
from personalize_local.recipes.softmax import softmax
from personalize_local.recipes.training import train
from tests.support.shoppers import interactions, two_tastes

pytestmark = pytest.mark.unit

RECIPE = "aws-user-personalization-v2"
NEW = History(item=np.zeros(0, np.int32), weight=np.zeros(0, np.float32))


def personal(rows: Interactions, objective: Objective | None = None, recipe: str = RECIPE) -> Personalization:
    model = train(recipe, rows, objective=objective).model
    assert isinstance(model, Personalization)
    return model


def did(*items: int) -> History:
    return History(item=np.array(items, np.int32), weight=np.ones(len(items), np.float32))


def top(model: Personalization, history: History, count: int = 10) -> list[int]:
    order: list[int] = np.argsort(-model.scores(history), kind="stable").tolist()
    return order[:count]


def test_a_list_follows_what_the_user_did_last() -> None:
    model = personal(two_tastes())

    even, odd = top(model, did(1, 3, 5, 2, 4, 6, 8, 0)), top(model, did(2, 4, 6, 8, 1, 3, 5, 7))

    assert sum(item % 2 == 0 for item in even) >= 8
    assert sum(item % 2 == 1 for item in odd) >= 8


def test_an_event_more_changes_the_next_list() -> None:
    model = personal(two_tastes())

    assert top(model, did(0)) != top(model, did(0, 1))


def test_a_lighter_event_counts_less() -> None:
    model = personal(two_tastes())
    heavy, light = did(2, 3), replace(did(2, 3), weight=np.array([1, 0.1], np.float32))

    odd = np.arange(40) % 2 == 1
    assert softmax(model.scores(heavy))[odd].sum() > softmax(model.scores(light))[odd].sum()


def test_a_new_user_gets_items_by_their_share_of_users() -> None:
    model = personal(two_tastes())
    users = np.bincount(two_tastes().item, minlength=40)

    assert softmax(model.scores(NEW)) == pytest.approx((users + 0.5) / (users + 0.5).sum(), abs=1e-6)


def test_who_did_only_what_training_did_not_know_is_new() -> None:
    rows = two_tastes(items=42).where(two_tastes(items=42).item < 40)
    model = personal(rows)

    assert model.scores(did(40, 41)).tolist() == model.scores(NEW).tolist()


def test_what_is_known_of_a_user_tilts_cold_lists_more_than_warm_ones() -> None:
    rows = two_tastes()
    told = replace(rows, tokens=sparse.csr_matrix(np.eye(2, dtype=np.float32)[rows.user % 2]))
    model = personal(told)
    odd = np.arange(40) % 2 == 1

    def odds(history: History, *tokens: int) -> float:
        share = float(softmax(model.scores(history, np.array(tokens, np.int32)))[odd].sum())
        return share / (1 - share)

    assert odds(NEW, 1) > 2 * odds(NEW) > 4 * odds(NEW, 0)
    assert odds(did(1, 2), 1) > odds(did(1, 2)) > odds(did(1, 2), 0)
    assert odds(NEW, 1) / odds(NEW) > odds(did(1, 2), 1) / odds(did(1, 2))


def test_without_tokens_to_learn_from_tokens_say_nothing() -> None:
    model = personal(two_tastes())

    assert model.scores(NEW, np.array([0], np.int32)).tolist() == model.scores(NEW).tolist()


def test_an_objective_raises_the_items_that_have_more_of_it() -> None:
    price = np.arange(40, dtype=np.float32)
    plain = personal(two_tastes()).scores(did(0, 2))

    raised = personal(two_tastes(), Objective(value=price, strength=2)).scores(did(0, 2)) - plain

    assert raised == pytest.approx(2 * (price - price.mean()) / price.std(), abs=1e-4)


def test_an_objective_that_is_the_same_for_all_changes_nothing() -> None:
    same = personal(two_tastes(), Objective(value=np.ones(40, np.float32), strength=2))

    assert same.scores(did(0)).tolist() == personal(two_tastes()).scores(did(0)).tolist()


@pytest.mark.parametrize("recipe", [RECIPE, "aws-personalized-ranking"])
def test_many_users_are_scored_as_one_is(recipe: str) -> None:
    model = personal(two_tastes(), Objective(value=np.arange(40, dtype=np.float32), strength=1), recipe)
    # The third user did nothing.
    histories = distinct(interactions([(0, 3), (1, 8), (0, 5), (1, 9), (3, 2)], users=4, items=40))

    one_by_one = [model.scores(each) for each in (did(3, 5), did(8, 9), NEW, did(2))]

    assert many(model, histories) == pytest.approx(np.stack(one_by_one), abs=1e-5)


def test_the_temperature_makes_the_next_item_likelier_than_chance() -> None:
    rows = two_tastes()
    model = personal(rows)
    fresh = distinct(two_tastes(seed=5, users=200))

    chances = []
    for user in range(200):
        items = fresh.item[fresh.start[user] : fresh.start[user + 1]]
        chances.append(softmax(model.scores(did(*items[:-1])))[items[-1]])

    assert np.exp(np.mean(np.log(chances))) > 1.2 / 40


def test_where_nobody_comes_back_what_a_user_had_comes_last() -> None:
    model = personal(two_tastes())

    assert not set(top(model, did(0, 2, 4), 30)) & {0, 2, 4}
    assert softmax(model.scores(did(0, 2, 4)))[[0, 2, 4]].sum() < 0.05


def test_where_users_come_back_what_they_had_keeps_its_share() -> None:
    generator = np.random.default_rng(0)
    favourites = generator.choice(40, (60, 3))
    rows = interactions([(u, int(favourites[u, n % 3])) for u in range(60) for n in range(12)], users=60, items=40)

    model = personal(rows)

    shares = [softmax(model.scores(did(*map(int, f))))[np.unique(f)].sum() for f in favourites]
    assert share_of_repeats(rows) > 0.7
    assert float(np.mean(shares)) == pytest.approx(share_of_repeats(rows), abs=0.1)


def test_clicking_on_what_is_shown_is_no_repeat() -> None:
    assert share_of_repeats(interactions([(0, 1), (0, 1), (0, 2), (0, 2)])) == 0
    assert share_of_repeats(interactions([(0, 1), (0, 2), (0, 1), (1, 1)])) == pytest.approx(0.5)
    assert share_of_repeats(interactions([(0, 1), (1, 2)])) == 0


def test_users_of_one_item_leave_nothing_to_calibrate_by() -> None:
    rows = interactions([(0, 0), (1, 1), (2, 1)])

    scale = calibrate(ease(as_matrix(distinct(rows)), 1), distinct(rows), rows, 5)

    assert (scale.half_life, scale.temperature, scale.repeat) == (5, 1, 0)


def test_a_user_who_had_everything_still_gets_a_list() -> None:
    rows = interactions([(user, item) for user in range(5) for item in range(4)])

    logits = personal(rows).scores(did(0, 1, 2, 3))

    assert np.isfinite(logits).all()
    assert softmax(logits).sum() == pytest.approx(1)
