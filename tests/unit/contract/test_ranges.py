"""Ranges are sets of whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ranges import Ranges

pytestmark = pytest.mark.unit

numbers = st.sets(st.integers(1, 60))
pairs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda p: (p[0], p[0] + p[1])))


@given(a=numbers, b=numbers)
def test_they_join_meet_and_differ_as_sets_do(a: set[int], b: set[int]) -> None:
    left, right = Ranges.of(a), Ranges.of(b)

    assert set(left | right) == a | b
    assert set(left & right) == a & b
    assert set(left - right) == a - b
    assert (len(left), left.last) == (len(a), max(a, default=0))


@given(a=numbers, b=numbers)
def test_the_same_set_is_the_same_value_however_it_was_made(a: set[int], b: set[int]) -> None:
    assert Ranges.of(a) | Ranges.of(b) == Ranges.of(a | b)
    assert Ranges.of(a) - Ranges.of(b) == Ranges.of(a - b)
    assert Ranges.of(a) & Ranges.of(b) == Ranges.of(a & b)


@given(many=pairs)
def test_overlapping_pairs_in_any_order_join(many: list[tuple[int, int]]) -> None:
    assert Ranges.join(many) == Ranges.of(n for low, high in many for n in range(low, high + 1))


@given(a=numbers)
def test_what_is_written_is_read_again(a: set[int]) -> None:
    assert Ranges.parse(str(Ranges.of(a))) == Ranges.of(a)


@given(a=numbers, count=st.integers(0, 70))
def test_the_first_numbers_come_in_order(a: set[int], count: int) -> None:
    assert Ranges.of(a).first(count) == sorted(a)[:count]


def test_a_gap_has_a_name() -> None:
    assert str(Ranges.to(10) - Ranges.of([1, 2, 3, 5, 6, 9, 10])) == "4,7-8"
    assert Ranges.to(0) == Ranges() == Ranges.parse("")


@pytest.mark.parametrize("text", ["a", "1-2-3", "-"])
def test_text_that_is_no_ranges_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Ranges.parse(text)
