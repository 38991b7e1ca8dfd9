"""Properties of events, items and users: from JSON to columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.schemas.model import DatasetSchema, Field
from personalize_local.schemas.properties import Properties, column_key, parse_properties

pytestmark = pytest.mark.unit

ITEMS = DatasetSchema(
    dataset="Items",
    fields=(
        Field(name="ITEM_ID", type="string"),
        Field(name="GENRE_L2", type="string", nullable=True, categorical=True),
        Field(name="ABOUT", type="string", textual=True),
        Field(name="STARS", type="int"),
        Field(name="VIEWS", type="long"),
        Field(name="PRICE", type="float", nullable=True),
        Field(name="EXACT", type="double"),
        Field(name="ADULT", type="boolean"),
    ),
)
EVENTS = DatasetSchema(
    dataset="Interactions",
    fields=(
        Field(name="USER_ID", type="string"),
        Field(name="ITEM_ID", type="string"),
        Field(name="TIMESTAMP", type="long"),
        Field(name="NUM_RATINGS", type="long"),
        Field(name="DEVICE", type="string"),
    ),
)


@pytest.mark.parametrize(
    ("column", "key"),
    [
        ("NUM_RATINGS", "numRatings"),
        ("GENRES", "genres"),
        ("GENRE_L2", "genreL2"),
        ("numRatings", "numRatings"),
        ("_A_", "a"),
        ("__", "__"),
    ],
)
def test_a_columns_key_is_its_name_in_camel_case(column: str, key: str) -> None:
    assert column_key(column) == key


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"genreL2": "a|b", "price": None}, {"GENRE_L2": "a|b", "PRICE": None}),
        ({"genreL2": ["a", "b"]}, {"GENRE_L2": "a|b"}),
        ({"genreL2": []}, {"GENRE_L2": None}),
        ({"genreL2": ""}, {"GENRE_L2": None}),
        ({"about": "x" * 20_001}, {"ABOUT": "x" * 20_000}),
        ({"stars": -(1 << 31), "views": (1 << 63) - 1}, {"STARS": -(1 << 31), "VIEWS": (1 << 63) - 1}),
        ({"stars": 5.0, "views": "12"}, {"STARS": 5, "VIEWS": 12}),
        ({"price": 1, "exact": "1e3"}, {"PRICE": 1.0, "EXACT": 1000.0}),
        ({"adult": True}, {"ADULT": True}),
        ({"adult": "false"}, {"ADULT": False}),
        ({"itemId": "i" * 256}, {"ITEM_ID": "i" * 256}),
        ({}, {}),
    ],
)
def test_values_are_those_of_the_columns(given: dict[str, Any], values: dict[str, Any]) -> None:
    assert parse_properties(json.dumps(given), ITEMS) == Properties(values=values)


def test_keys_of_no_column_are_told_and_dropped() -> None:
    text = json.dumps({"numRatings": 5, "NUM_RATINGS": 6, "other": {}, "device": "tv"})

    assert parse_properties(text, EVENTS) == Properties(
        values={"NUM_RATINGS": 5, "DEVICE": "tv"}, ignored=("NUM_RATINGS", "other")
    )


@pytest.mark.parametrize(
    "key", ["userId", "USERID", "sessionId", "eventType", "timestamp", "recommendationId", "Impression"]
)
def test_an_event_has_some_keys_elsewhere(key: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^Error parsing properties json: the following keys are not allowed: {key}.$"
    ):
        parse_properties(json.dumps({key: "x"}), EVENTS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Input data was truncated"),
        ("", "Input data was truncated"),
        ("[1]", "an object is expected"),
        ("null", "an object is expected"),
        (json.dumps('{"stars": 5}'), "it was encoded twice"),
        ('{"stars": NaN}', "invalid character"),
        ('{"stars": "five"}', "key stars: column STARS is of type int"),
        ('{"stars": 5.5}', "key stars: column STARS is of type int"),
        ('{"stars": true}', "key stars: column STARS is of type int"),
        ('{"stars": 2147483648}', "key stars: column STARS is of type int"),
        ('{"stars": {}}', "key stars: column STARS is of type int"),
        ('{"stars": null}', "key stars: column STARS allows no null"),
        ('{"views": 9223372036854775808}', "key views: column VIEWS is of type long"),
        ('{"price": 1e39}', "key price: column PRICE is of type float"),
        ('{"price": "x"}', "key price: column PRICE is of type float"),
        ('{"price": false}', "key price: column PRICE is of type float"),
        ('{"exact": "1e999"}', "key exact: column EXACT is of type double"),
        ('{"exact": 1' + "0" * 400 + "}", ""),
        ('{"exact": 2' + "0" * 308 + "}", ""),
        ("[" * 100_000, ""),
        ('{"adult": "yes"}', "key adult: column ADULT is of type boolean"),
        ('{"adult": 1}', "key adult: column ADULT is of type boolean"),
        ('{"genreL2": 5}', "key genreL2: column GENRE_L2 is a string"),
        ('{"genreL2": ["a", 5]}', "key genreL2: a list is for categorical columns, and of strings"),
        ('{"about": ["a"]}', "key about: a list is for categorical columns, and of strings"),
        (json.dumps({"genreL2": "x" * 1_001}), "key genreL2: the value has more than 1000 characters"),
        (json.dumps({"genreL2": ["x" * 500, "y" * 500]}), "key genreL2: the value has more than 1000 characters"),
        (json.dumps({"itemId": "x" * 257}), "key itemId: the value has more than 256 characters"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"^Error parsing properties json: ") as caught:
        parse_properties(text, ITEMS)

    assert why in str(caught.value)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(max_size=3), max_size=3)
KEYS = st.sampled_from([column_key(field.name) for field in ITEMS.fields]) | st.text(max_size=3)


@settings(deadline=None)
@given(text=st.text() | st.dictionaries(KEYS, VALUES).map(json.dumps))
def test_no_text_raises_anything_but_a_value_error(text: str) -> None:
    try:
        found = parse_properties(text, ITEMS)
    except ValueError as error:
        assert str(error).startswith("Error parsing properties json: ")  # noqa: PT017
    else:
        assert set(found.values) <= set(ITEMS.by_name)
