"""How far distributions moved."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contract.drift import mixture, stability_index

pytestmark = pytest.mark.unit


def distribution(rest: float = 0.0, empty: float = 0.0, **shares: float) -> dict[str, Any]:
    return {"shares": shares, "rest": rest, "empty": empty}


def test_what_did_not_move_has_the_index_0() -> None:
    same = distribution(a=0.6, b=0.3, rest=0.08, empty=0.02)

    assert stability_index(same, same) == 0


def test_shares_that_moved_add_up_to_the_known_index() -> None:
    # (0.5 - 0.2) ln(0.5 / 0.2) + (0.5 - 0.8) ln(0.5 / 0.8)
    assert stability_index(distribution(a=0.2, b=0.8), distribution(a=0.5, b=0.5)) == pytest.approx(0.41589, abs=1e-5)


def test_lists_without_a_value_in_common_moved_though_both_are_all_there_is() -> None:
    index = stability_index(distribution(a=0.5, b=0.5), distribution(c=0.5, d=0.5))

    assert index > 10


def test_a_value_that_may_hide_in_the_rest_counts_with_as_much_as_the_rest_allows() -> None:
    before = distribution(a=0.5, b=0.1, rest=0.4)
    after = distribution(a=0.5, c=0.1, rest=0.4)

    assert stability_index(before, after) == pytest.approx(0.0)


def test_values_that_hide_in_one_rest_cannot_all_be_large() -> None:
    before = distribution(a=0.3, b=0.3, c=0.3, rest=0.1)
    after = distribution(d=0.3, e=0.3, f=0.3, rest=0.1)

    # Each has at least 0.3 on one side and at most 0.1 / 3 on the other.
    assert stability_index(before, after) == pytest.approx(6 * (0.3 - 0.1 / 3) * math.log(9), abs=0.01)


def test_the_rest_is_a_bin_of_its_own() -> None:
    index = stability_index(distribution(a=0.1, rest=0.9), distribution(a=0.5, rest=0.5))

    assert index == pytest.approx(0.4 * math.log(5) + 0.4 * math.log(0.9 / 0.5))


def test_empty_cells_are_a_bin_of_their_own() -> None:
    assert stability_index(distribution(a=1.0), distribution(a=0.5, empty=0.5)) > 1


def test_a_mixture_weighs_its_parts_by_their_rows() -> None:
    parts = [(distribution(a=0.5, b=0.5), 300), (distribution(a=1.0), 100)]

    assert mixture(parts) == {"shares": {"a": 0.625, "b": 0.375}, "rest": 0.0, "empty": 0.0}


def test_a_mixture_of_nothing_is_empty() -> None:
    assert mixture([]) == {"shares": {}, "rest": 0.0, "empty": 0.0}
