"""What a filter may ask of the datasets of its group, and what it counts against the quotas."""

from __future__ import annotations

import re

import pytest

from personalize_local.filters.checking import check, fields, placeholders
from personalize_local.filters.grammar import parse
from personalize_local.filters.model import FilterError
from tests.unit.personalize_local.filters.filter_cases import SCHEMAS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        'INCLUDE ItemID WHERE Items.GENRE IN ("a", $b)',
        'INCLUDE ItemID WHERE ITEMS.genre = "a"',
        'INCLUDE ItemID WHERE Items.BRAND NOT IN ("a") OR Items.PRICE >= 1.5 AND Items.YEAR IN (1999, 2000)',
        'EXCLUDE ItemID WHERE Items.ITEM_ID IN ("i1")',
        'EXCLUDE ItemID WHERE Interactions.event_type IN ("*") | INCLUDE ItemID WHERE Items.PRICE < $p',
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("click") IF CurrentUser.AGE > 18',
        'INCLUDE UserID WHERE Users.AGE > 18 | EXCLUDE UserID WHERE Interactions.EVENT_TYPE = "buy"',
    ],
)
def test_what_personalize_takes_is_taken_with_all_its_fields(text: str) -> None:
    parsed = parse(text)

    check(parsed, SCHEMAS)

    named = re.findall(r"(Items|Interactions|Users|CurrentUser)\.(\w+)", text, re.IGNORECASE)
    assert len(fields(parsed)) == len(set(named))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'INCLUDE ActionID WHERE Actions.A = "b"',
            "INCLUDE ActionID at character 1: ActionID is not supported here, for there are no action datasets",
        ),
        (
            "INCLUDE ItemID WHERE Items.PRICE > 1 | INCLUDE UserID WHERE Users.AGE > 1",
            "INCLUDE UserID at character 40: one filter chooses either ItemID or UserID, and this began with ItemID",
        ),
        (
            "INCLUDE UserID WHERE Users.AGE > 1 IF CurrentUser.AGE > 1",
            "INCLUDE UserID at character 1: IF CurrentUser has no meaning where users are chosen (UserID)",
        ),
        (
            "INCLUDE ItemID WHERE Users.AGE > 1",
            "Users.AGE at character 22: ItemID is chosen by columns of Items or Interactions",
        ),
        (
            'INCLUDE ItemID WHERE Action_Interactions.EVENT_TYPE = "TAKEN"',
            "Action_Interactions.EVENT_TYPE at character 22: ItemID is chosen by columns of Items or Interactions",
        ),
        (
            "INCLUDE UserID WHERE Items.PRICE > 1",
            "Items.PRICE at character 22: UserID is chosen by columns of Users or Interactions",
        ),
        (
            'INCLUDE ItemID WHERE Items.PRICE > 1 AND Interactions.EVENT_TYPE = "a"',
            "Interactions.EVENT_TYPE at character 42: one expression has one dataset, here Items; chain another with |",
        ),
        (
            "INCLUDE ItemID WHERE Items.COLOUR > 1",
            "Items.COLOUR at character 22: the schema of Items has no such column",
        ),
        (
            'INCLUDE ItemID WHERE Interactions.DEVICE = "a"',
            "Interactions.DEVICE at character 22: of Interactions only EVENT_TYPE can be filtered on",
        ),
        (
            'INCLUDE ItemID WHERE Items.DESCRIPTION IN ("a")',
            "Items.DESCRIPTION at character 22: textual fields cannot be filtered on",
        ),
        (
            'INCLUDE ItemID WHERE Items.ADULT IN ("true")',
            "Items.ADULT at character 22: boolean fields cannot be filtered on; use a string column",
        ),
        (
            "INCLUDE ItemID WHERE Items.GENRE > $x",
            "Items.GENRE at character 22: > compares numbers, and the column's type is string",
        ),
        (
            'INCLUDE ItemID WHERE Items.PRICE = "10"',
            'Items.PRICE at character 22: the column holds numbers, and "10" is a text',
        ),
        (
            "INCLUDE ItemID WHERE Items.GENRE IN ($x, 10)",
            "Items.GENRE at character 22: the column holds texts, and 10 stands without quotes",
        ),
        (
            'INCLUDE ItemID WHERE Items.GENRE IN ("*")',
            'Items.GENRE at character 22: "*" can stand only for any EVENT_TYPE',
        ),
        (
            "INCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.NAME = 1",
            "CurrentUser.NAME at character 41: the schema of Users has no such column",
        ),
    ],
)
def test_what_personalize_refuses_is_refused_with_its_place(text: str, reason: str) -> None:
    parsed = parse(text)

    with pytest.raises(FilterError) as refused:
        check(parsed, SCHEMAS)

    assert str(refused.value) == f"Could not create filter. Invalid Expression: {reason}"


def test_a_dataset_that_the_group_lacks_is_named() -> None:
    parsed = parse("INCLUDE ItemID WHERE Items.PRICE > 1 IF CurrentUser.AGE > 1")

    with pytest.raises(FilterError) as refused:
        check(parsed, {"Items": SCHEMAS["Items"]})

    assert str(refused.value) == (
        "Could not create filter. Invalid Expression: CurrentUser.AGE at character 41: "
        "the dataset group has no Users dataset"
    )


def test_a_field_counts_once_in_any_case_and_current_user_is_users() -> None:
    parsed = parse(
        "INCLUDE ItemID WHERE Items.Price > 1 AND items.PRICE < 5 IF CurrentUser.AGE > 1 "
        '| EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("a")'
    )

    assert fields(parsed) == {"Items.PRICE", "Users.AGE", "Interactions.EVENT_TYPE"}


def test_placeholders_are_known_by_where_they_stand() -> None:
    parsed = parse(
        "INCLUDE ItemID WHERE Items.PRICE > $a AND Items.PRICE < $both IF CurrentUser.AGE > $if "
        "| EXCLUDE ItemID WHERE Items.PRICE IN ($both, $b)"
    )

    assert placeholders(parsed) == {
        "a": frozenset({"INCLUDE"}),
        "both": frozenset({"INCLUDE", "EXCLUDE"}),
        "if": frozenset({"INCLUDE"}),
        "b": frozenset({"EXCLUDE"}),
    }
