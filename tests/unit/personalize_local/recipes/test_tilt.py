"""Tokens tilt items: by how much oftener these were chosen with them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.tilt import learn
from personalize_local.recipes.tilted import Tilt
from tests.support.shoppers import interactions

pytestmark = pytest.mark.unit

# 30 interactions with item 0, of which 20 have token 0 and 10 token 1; 30 with item 1, of which 5 have token 0.
ROWS = interactions([(n, 0) for n in range(30)] + [(n, 1) for n in range(30)], items=3)
TOKENS = sparse.csr_matrix(
    np.array([[n < 20, n >= 20] if item == 0 else [n < 5, False] for n in range(30) for item in (0, 1)], np.float32)
)


def tilt() -> Tilt:
    return learn(ROWS, TOKENS)


def ids(*tokens: int) -> NDArray[np.int32]:
    return np.array(tokens, np.int32)


def test_a_lift_is_what_came_over_what_was_expected_smoothed() -> None:
    lift = tilt().scores(ids(0))

    # Token 0 came 25 times in 60 interactions; each item was chosen 30 times, so 12.5 were to be expected.
    assert np.exp(lift) == pytest.approx([(20 + 10) / (12.5 + 10), (5 + 10) / (12.5 + 10), 1])


def test_lifts_of_tokens_add_up() -> None:
    one, other, both = tilt().scores(ids(0)), tilt().scores(ids(1)), tilt().scores(ids(0, 1))

    assert both == pytest.approx(one + other)
    assert other[0] > 0 > other[1]


def test_tokens_that_training_did_not_see_say_nothing() -> None:
    assert tilt().scores(ids(7, -1, -2)).tolist() == [0, 0, 0]
    assert tilt().scores(ids(7, 0)).tolist() == tilt().scores(ids(0)).tolist()
