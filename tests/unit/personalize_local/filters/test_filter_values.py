"""Values for placeholders, from the text of filterValues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.filters.evaluate import CompiledFilter
from personalize_local.filters.grammar import parse
from personalize_local.filters.model import FilterError
from personalize_local.filters.values import read_list, read_values
from tests.unit.personalize_local.filters.filter_cases import SCHEMAS, quoted

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('"comedy","drama"', ("comedy", "drama")),
        ("comedy", ("comedy",)),
        (" science fiction , drama ", ("science fiction", "drama")),
        ("10", ("10",)),
        ('"10"', ("10",)),
        ('"a,b" , c', ("a,b", "c")),
        ('""', ("",)),
        (r'"a \"b\" \\"', ('a "b" \\',)),
        ("a\\b", ("a\\b",)),
        ("O'Neill", ("O'Neill",)),
    ],
)
def test_a_list_is_bare_or_quoted(text: str, values: tuple[str, ...]) -> None:
    assert read_list("G", text) == values


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 1),
        (" ", 1),
        (",", 1),
        ("a,", 3),
        ("a,,b", 3),
        ('"a', 1),
        ('"a"b', 4),
        ('a"b"', 2),
        (r'"\n"', 1),
        ('a "', 3),
    ],
)
def test_what_is_no_list_is_refused_with_its_place(text: str, at: int) -> None:
    with pytest.raises(FilterError) as refused:
        read_list("G", text)

    assert str(refused.value) == (
        f"filterValues has no list of values for G: character {at} of {text} is unexpected; "
        'give values with commas between them, texts in double quotes, " and \\ in them behind a backslash'
    )


@given(values=st.lists(st.text(), min_size=1, max_size=4).map(tuple))
def test_quoted_values_come_back(values: tuple[str, ...]) -> None:
    assert read_list("G", ",".join(map(quoted, values))) == values


@given(text=st.text(alphabet='ab ,"\\\n|é'))
def test_any_text_is_a_list_or_a_filter_error(text: str) -> None:
    try:
        values = read_list("G", text)
    except FilterError:
        return
    assert read_list("G", ",".join(map(quoted, values))) == values


BOTH = parse("INCLUDE ItemID WHERE Items.GENRE IN ($G) | EXCLUDE ItemID WHERE Items.PRICE < $P")


def test_a_placeholder_of_both_needs_its_value() -> None:
    parsed = parse("INCLUDE ItemID WHERE Items.PRICE > $P | EXCLUDE ItemID WHERE Items.PRICE = $P")

    with pytest.raises(FilterError) as refused:
        read_values(parsed, {})

    assert str(refused.value) == "filterValues lacks P: every placeholder of an INCLUDE expression needs a value"


def test_an_exclude_may_lack_its_values() -> None:
    assert read_values(BOTH, {"G": '"a","b"'}) == {"G": ("a", "b")}


@pytest.mark.parametrize(
    ("given_values", "message"),
    [
        (
            {"P": "1"},
            "filterValues lacks G: every placeholder of an INCLUDE expression needs a value",
        ),
        ({"G": "a", "g": "b"}, "filterValues names g, which is no placeholder of the filter; names are exact"),
        ({"G": "a", "P": "cheap"}, "filterValues gives P the value cheap, and Items.PRICE holds numbers"),
        ({"G": "a", "P": "1_000"}, "filterValues gives P the value 1_000, and Items.PRICE holds numbers"),
        ({"G": "a", "P": "nan"}, "filterValues gives P the value nan, and Items.PRICE holds numbers"),
        ({"G": "a", "P": "1e999"}, "filterValues gives P the value 1e999, and Items.PRICE holds numbers"),
        ({"G": "a", "P": "1,2"}, "filterValues gives P 2 values, and < takes one"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(given_values: dict[str, str], message: str) -> None:
    with pytest.raises(FilterError) as refused:
        CompiledFilter(BOTH, SCHEMAS).bind(given_values)

    assert str(refused.value) == message


def test_a_filter_without_placeholders_takes_no_values() -> None:
    compiled = CompiledFilter(parse("INCLUDE ItemID WHERE Items.PRICE > 1"), SCHEMAS)

    with pytest.raises(FilterError) as refused:
        compiled.bind({"G": "a"})

    assert str(refused.value) == "filterValues names G, which is no placeholder of the filter; names are exact"
