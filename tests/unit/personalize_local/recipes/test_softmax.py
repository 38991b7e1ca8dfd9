"""Scores sum to 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_local.recipes.softmax import softmax

pytestmark = pytest.mark.unit


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=50))
def test_scores_sum_to_one_and_keep_the_order(logits: list[float]) -> None:
    values = np.array(logits, np.float32)

    scores = softmax(values)

    assert scores.sum() == pytest.approx(1)
    assert (np.diff(scores[np.argsort(values)]) >= 0).all()


def test_over_given_items_alone_in_their_order() -> None:
    logits = np.log(np.array([1, 2, 3, 4], np.float32))

    assert softmax(logits, np.array([3, 0], np.int32)) == pytest.approx([0.8, 0.2])


def test_what_is_left_out_has_no_score() -> None:
    assert softmax(np.array([0, -np.inf, 0], np.float32)).tolist() == [0.5, 0, 0.5]


def test_over_no_items_there_is_no_score() -> None:
    assert softmax(np.zeros(3, np.float32), np.zeros(0, np.int32)).tolist() == []
