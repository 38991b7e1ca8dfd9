"""What a training learns of items, users and moments."""

from __future__ import annotations

import numpy as np
import pytest

from personalize_local.data.tokens import Column, Tokens
from personalize_local.data.training import training_data
from personalize_local.data.training_model import (
    Sources,
    TrainingSettings,
)
from personalize_local.schemas.model import DatasetSchema, Field
from tests.support.personalize_data import IDS, INTERACTIONS, START, interaction
from tests.support.personalize_training import ANY, Rows, dataset, trained

pytestmark = pytest.mark.unit

SHOWN = DatasetSchema(dataset="Interactions", fields=(*IDS, Field(name="IMPRESSION", type="string", nullable=True)))


def test_an_item_is_as_old_as_it_says_or_as_its_first_interaction_or_as_new_as_the_data() -> None:
    rows = [
        interaction("a", "said", 9),
        interaction("a", "seen", 5),
        interaction("b", "seen", 3),
        interaction("b", "x", 7),
    ]
    items: Rows = [{"ITEM_ID": "said", "CREATION_TIMESTAMP": 77}, {"ITEM_ID": "seen"}, {"ITEM_ID": "unseen"}]

    data = trained(rows, items=items)

    assert dict(zip(data.items, data.facts.created.tolist(), strict=True)) == {
        "said": 77,
        "seen": START + 3,
        "unseen": START + 9,
        "x": START + 7,
    }
    without = trained(rows)
    assert without.facts.created.tolist() == [START + 9, START + 3, START + 7]
    assert (without.facts.features, without.facts.texts) == (None, None)


def test_items_have_features_numbers_and_texts() -> None:
    items: Rows = [
        {"ITEM_ID": "a", "GENRES": "war|love", "PRICE": 1.5, "ADULT": True, "DESCRIPTION": "warm"},
        {"ITEM_ID": "b", "GENRES": "love|love", "YEAR": 1999, "ADULT": False},
        {"ITEM_ID": "c"},
    ]

    data = trained([interaction("u", "d")], items=items)

    columns = data.item_tokens.columns
    assert columns == {
        "Items.GENRES": Column(numbers={"love": 0, "war": 1}),
        "Items.ADULT": Column(numbers={"false": 2, "true": 3}),
    }
    features = data.facts.features
    assert features is not None
    assert features.toarray().tolist() == [[1, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert data.facts.texts == ("warm", "", "", "")
    np.testing.assert_array_equal(data.item_numbers["PRICE"], [1.5, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(data.item_numbers["YEAR"], [np.nan, 1999, np.nan, np.nan])
    assert list(data.item_numbers) == ["PRICE", "YEAR"]


def test_excluded_columns_are_not_learned_from() -> None:
    excluded = {"items": frozenset({"GENRES", "ADULT", "PRICE", "DESCRIPTION"}), "users": frozenset({"GENDER"})}
    excluded["interactions"] = frozenset({"DEVICE"})
    how = TrainingSettings(needs_interactions=False, excluded=excluded)

    data = trained(
        [interaction("u", "i", DEVICE="tv")], how, items=[{"ITEM_ID": "i"}], users=[{"USER_ID": "u", "GENDER": "F"}]
    )

    assert (data.facts.features, data.facts.texts, list(data.item_numbers)) == (None, None, ["YEAR"])
    assert (data.tokens, data.interactions.tokens) == (Tokens(columns={}, count=0), None)


def test_a_moment_and_its_user_have_tokens() -> None:
    rows = [interaction("u", "i", 2, DEVICE="tv"), interaction("u", "i", 1), interaction("v", "i", DEVICE="phone")]
    users = [{"USER_ID": "u", "GENDER": "F"}, {"USER_ID": "other", "GENDER": "M"}]

    data = trained(rows, users=users)

    tokens = data.interactions.tokens
    assert tokens is not None
    phone, tv, female = 0, 1, 2
    assert [row.indices.tolist() for row in tokens] == [[female], [tv, female], [phone]]
    assert data.tokens.of("Interactions", {"DEVICE": "tv", "OTHER": "x"}) == [tv]
    assert data.tokens.of("Users", {"GENDER": "F"}) == [female]
    assert data.tokens.of("Users", {"GENDER": "X"}) == []
    assert data.tokens.count == tokens.shape[1] == 3


AGES = DatasetSchema(
    dataset="Users", fields=(Field(name="USER_ID", type="string"), Field(name="AGE", type="int", nullable=True))
)


def test_numbers_fall_into_ranges_and_serving_finds_the_same() -> None:
    ages = [None if at % 7 == 0 else at for at in range(60)]
    users = [{"USER_ID": f"u-{at:02}", "AGE": age} for at, age in enumerate(ages)]
    rows = [interaction(str(user["USER_ID"]), "i") for user in users]

    sources = Sources(interactions=dataset(INTERACTIONS, rows), users=dataset(AGES, users))
    data = training_data(sources, ANY)

    matrix = data.interactions.tokens
    assert matrix is not None
    assert [row.indices.tolist() for row in matrix] == [data.tokens.of("Users", user) for user in users]
    assert len({tuple(row.indices) for row in matrix}) == 11  # ten ranges, and none


def test_a_column_of_nulls_says_nothing() -> None:
    items = [{"ITEM_ID": "i"}]

    data = trained([interaction("u", "i")], items=items, users=[{"USER_ID": "u"}])

    assert (data.tokens.count, data.item_tokens.count) == (0, 0)
    rows, users = [interaction("u", "i")], [{"USER_ID": "u"}]
    ages = training_data(Sources(interactions=dataset(INTERACTIONS, rows), users=dataset(AGES, users)), ANY)
    assert (ages.tokens.count, ages.tokens.of("Users", {"AGE": 30})) == (0, [])


def test_items_shown_beside_the_one_chosen_are_counted() -> None:
    rows = [
        {"USER_ID": "u", "ITEM_ID": "a", "TIMESTAMP": 1, "IMPRESSION": "a|b|c"},
        {"USER_ID": "u", "ITEM_ID": "b", "TIMESTAMP": 2, "IMPRESSION": "b|c|unknown"},
        {"USER_ID": "u", "ITEM_ID": "c", "TIMESTAMP": 3},
    ]

    data = training_data(Sources(interactions=dataset(SHOWN, rows)), ANY)

    assert dict(zip(data.items, data.impressed.tolist(), strict=True)) == {"a": 0, "b": 1, "c": 2}
