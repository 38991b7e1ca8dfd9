"""Data on which Personalize does not train, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from personalize_local.data.training import training_data
from personalize_local.data.training_model import (
    CannotTrain,
    Sources,
    TrainingSettings,
)
from tests.support.personalize_data import ITEMS, interaction, visits
from tests.support.personalize_training import Rows, dataset, trained

pytestmark = pytest.mark.unit


def failure(rows: Rows, how: TrainingSettings | None = None, **datasets: Any) -> str:
    with pytest.raises(CannotTrain) as caught:
        trained(rows, how or TrainingSettings(), **datasets)
    return str(caught.value)


@pytest.mark.parametrize("kind", [None, "USER_ID", "Impression"])
def test_event_types_that_are_all_useless_fail(kind: str | None) -> None:
    rows = [{**row, "EVENT_TYPE": kind} for row in visits()]

    assert failure(rows) == "All values in the event_type column are either reserved keywords or null"


def test_fewer_than_1000_interactions_fail_after_the_filter_too() -> None:
    rows = visits()
    few = [{**row, "EVENT_TYPE": "Buy"} for row in rows[:999]]

    assert failure(rows[:999]) == "Dataset has fewer than 1000 interactions"
    assert failure([*rows[:999], rows[0]]) == "Dataset has fewer than 1000 interactions"
    assert failure([*few, rows[999]], TrainingSettings(event_type="Buy")) == (
        "Dataset has fewer than 1000 interactions after filtering by event type: Buy"
    )
    assert failure(rows, TrainingSettings(threshold=2.5)) == (
        "Dataset has fewer than 1000 interactions after filtering by event value threshold: 2.5"
    )
    assert len(trained(rows, TrainingSettings()).interactions) == 1_000


def test_fewer_than_25_users_with_two_interactions_fail() -> None:
    message = "Create failed. Dataset has fewer than 25 users with at least 2 interactions each."
    once = [interaction(f"once-{at}", "i", at) for at in range(1_000)]

    assert failure([*once, *visits(users=24, each=2)]) == message
    assert len(trained([*once, *visits(users=25, each=2)], TrainingSettings()).interactions) == 1_050


def test_fewer_than_one_user_in_a_hundred_fail() -> None:
    once = [interaction(f"once-{at}", "i", at) for at in range(2_476)]

    assert failure([*once, *visits(users=25, each=2)]) == (
        "Create failed. Fewer than 1% of the dataset's 2501 users have at least 2 interactions each."
    )
    assert len(trained([*once[1:], *visits(users=25, each=2)], TrainingSettings()).users) == 2_500


def test_too_many_event_types_and_columns_fail() -> None:
    rows = [{**row, "EVENT_TYPE": f"type-{at % 8}"} for at, row in enumerate(visits())]

    assert failure(rows) == (
        "The Interactions dataset has 8 distinct event types and 3 optional columns. "
        "Together they must not be more than 10."
    )
    assert len(trained([row for row in rows if row["EVENT_TYPE"] != "type-7"]).event_types) == 7


@pytest.mark.parametrize("items", [None, [], [{"ITEM_ID": "i", "GENRES": "a"}]])
def test_a_recipe_of_texts_fails_without_texts(items: Rows | None) -> None:
    how = TrainingSettings(needs_interactions=False, needs_texts=True)

    assert failure([], how, items=items) == "Create failed. The Items dataset has no textual column with values."


def test_a_recipe_of_texts_needs_no_interactions() -> None:
    how = TrainingSettings(needs_interactions=False, needs_texts=True)
    items: Rows = [{"ITEM_ID": "b", "DESCRIPTION": "warm"}, {"ITEM_ID": "a"}]

    data = training_data(Sources(items=dataset(ITEMS, items)), how)

    assert (len(data.interactions), list(data.items), data.facts.texts) == (0, ["a", "b"], ("", "warm"))
    assert data.facts.created.tolist() == [0, 0]
