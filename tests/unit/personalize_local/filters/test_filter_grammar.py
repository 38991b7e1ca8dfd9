"""The language of filters: what is one, what is none and where it stops being one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.filters.grammar import parse
from personalize_local.filters.model import Condition, Expression, Filter, FilterError, Placeholder
from tests.unit.personalize_local.filters.filter_cases import filters, to_text

pytestmark = pytest.mark.unit


def test_a_filter_is_read_whole() -> None:
    parsed = parse(
        'exclude itemid where interactions.event_type in ("click", $TYPE) |\n'
        'INCLUDE ItemID WHERE Items.GENRE NOT IN ("a \\"b\\" \\\\") AND Items.PRICE >= -1.5 OR Items.YEAR = 2e3 '
        "IF CurrentUser.AGE < $2 AND CurrentUser.AGE > 18"
    )

    assert parsed == Filter(
        (
            Expression(
                action="EXCLUDE",
                target="ItemID",
                any_of=((_condition("Interactions", "event_type", "IN", "click", Placeholder("TYPE")),),),
            ),
            Expression(
                action="INCLUDE",
                target="ItemID",
                any_of=(
                    (_condition("Items", "GENRE", "NOT IN", 'a "b" \\'), _condition("Items", "PRICE", ">=", -1.5)),
                    (_condition("Items", "YEAR", "=", 2000.0),),
                ),
                only_if=(
                    _condition("CurrentUser", "AGE", "<", Placeholder("2")),
                    _condition("CurrentUser", "AGE", ">", 18.0),
                ),
            ),
        )
    )
    assert [(e.at, [c.at for c in e.conditions]) for e in parsed.expressions] == [
        (1, [22]),
        (68, [89, 127, 150, 170, 195]),
    ]


@given(parsed=filters)
def test_the_text_of_a_filter_parses_to_it(parsed: Filter) -> None:
    assert parse(to_text(parsed)) == parsed


def test_a_bare_star_is_a_quoted_one() -> None:
    assert parse("EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)") == parse(
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
    )


ITEM = "INCLUDE ItemID WHERE Items"


@pytest.mark.parametrize(
    ("text", "symbol", "at", "reason"),
    [
        ("", "<end>", 1, "expected INCLUDE or EXCLUDE"),
        ("GIVE ItemID", "GIVE", 1, "expected INCLUDE or EXCLUDE"),
        ("INCLUDE Item WHERE", "Item", 9, "expected ItemID, UserID or ActionID"),
        ('INCLUDE ItemID Items.A = "b"', "Items", 16, "expected WHERE"),
        (
            'INCLUDE ItemID WHERE CurrentUser.A = "b"',
            "CurrentUser",
            22,
            "expected Interactions, Items or Users; CurrentUser stands only behind IF",
        ),
        (f"{ITEM} = 1", "=", 28, "expected ."),
        (f'{ITEM}."A" = 1', '"A"', 28, "expected the name of a column"),
        (f"{ITEM}.A LIKE 1", "LIKE", 30, "expected IN, NOT IN, =, <, <=, > or >="),
        (f"{ITEM}.A != 1", "!", 30, "no part of a filter begins with it; texts stand in double quotes"),
        (f"{ITEM}.A NOT = 1", "=", 34, "expected IN"),
        (f"{ITEM}.A IN 1", "1", 33, "expected ("),
        (f"{ITEM}.A IN ()", ")", 34, 'expected a "text", a number or a $placeholder'),
        (f"{ITEM}.A IN (1,)", ")", 36, 'expected a "text", a number or a $placeholder'),
        (f"{ITEM}.A IN (1", "<end>", 35, "expected )"),
        (f"{ITEM}.A = b", "b", 32, 'expected a "text", a number or a $placeholder'),
        (f"{ITEM}.A = $ 1", "$", 32, "no part of a filter begins with it; texts stand in double quotes"),
        (f"{ITEM}.A = ${'x' * 51}", f"${'x' * 51}", 32, "expected a placeholder of at most 50 characters"),
        (f"{ITEM}.A = 1e999", "1e999", 32, "expected a number that a double can hold"),
        (f"{ITEM}.A = 10x", "x", 34, "expected AND, OR, IF, | or the end"),
        (f"{ITEM}.A = 'b'", "'", 32, "no part of a filter begins with it; texts stand in double quotes"),
        (
            f'{ITEM}.A = "b',
            '"',
            32,
            'the text that begins here has no closing quote, or a backslash before another character than " and \\',
        ),
        (
            f'{ITEM}.A = "\\n"',
            '"',
            32,
            'the text that begins here has no closing quote, or a backslash before another character than " and \\',
        ),
        (f"({ITEM}.A = 1)", "(", 1, "expected INCLUDE or EXCLUDE"),
        (f"{ITEM}.A = 1 |", "<end>", 35, "expected INCLUDE or EXCLUDE"),
        (f"{ITEM}.A = 1 AND", "<end>", 37, "expected Interactions, Items or Users; CurrentUser stands only behind IF"),
        (f"{ITEM}.A = 1 IF Items.A = 1", "Items", 37, "expected CurrentUser"),
        (f"{ITEM}.A = 1 IF CurrentUser.A = 1 OR CurrentUser.A = 2", "OR", 55, "expected AND, | or the end"),
        (f"{ITEM}.A = 1 IF CurrentUser.A = 1 IF CurrentUser.A = 2", "IF", 55, "expected AND, | or the end"),
        (f"{ITEM}.A = 1\u00a0", "\u00a0", 33, "no part of a filter begins with it; texts stand in double quotes"),
    ],
)
def test_the_first_wrong_symbol_is_named_with_its_place(text: str, symbol: str, at: int, reason: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse(text)

    assert str(refused.value) == f"Could not create filter. Invalid input symbol {symbol} at character {at}: {reason}"


def test_2500_characters_are_read_and_one_more_refused() -> None:
    longest = f"{ITEM}.A = 1".ljust(2_500)

    parse(longest)
    with pytest.raises(FilterError) as refused:
        parse(longest + " ")

    assert str(refused.value) == (
        "Could not create filter. Invalid Expression: it has 2501 characters; at most 2500 are allowed"
    )


_PIECES = [
    "INCLUDE",
    "EXCLUDE",
    "ItemID",
    "WHERE",
    "Items",
    ".",
    "GENRE",
    "IN",
    "(",
    ")",
    "NOT",
    ",",
    "=",
    "<",
    "AND",
    "OR",
    "IF",
    "|",
    "CurrentUser",
    '"a"',
    "1",
    "$x",
    '"',
]


def outcome(text: str) -> Filter | str:
    """What the text parses to, or what the only error says."""
    try:
        return parse(text)
    except FilterError as refused:
        return str(refused)


def is_sound(found: Filter | str) -> bool:
    if isinstance(found, str):
        return found.startswith("Could not create filter. Invalid ")
    return parse(to_text(found)) == found


@given(text=st.text() | st.lists(st.sampled_from(_PIECES) | st.characters(), max_size=30).map(" ".join))
def test_any_text_is_a_filter_or_a_filter_error(text: str) -> None:
    assert is_sound(outcome(text))


@given(parsed=filters, at=st.integers(0, 400), piece=st.sampled_from(_PIECES) | st.just(""), gone=st.integers(0, 9))
def test_a_filter_damaged_anywhere_is_a_filter_or_a_filter_error(
    parsed: Filter, at: int, piece: str, gone: int
) -> None:
    text = to_text(parsed)
    at %= len(text)

    assert is_sound(outcome(text[:at] + piece + text[at + gone :]))


def _condition(source: str, column: str, operator: str, *values: object) -> Condition:
    return Condition(source=source, column=column, operator=operator, values=values)  # type: ignore[arg-type]
