"""How often rows were met, while rows are added."""

from __future__ import annotations

import pytest

from personalize_local.serving.counts import Counts

pytestmark = pytest.mark.unit


def test_rows_are_counted_each_and_those_never_met_are_zero() -> None:
    counts = Counts()

    before = counts.first(2).tolist()
    for row in (1, 5, 1):
        counts.add(row)

    assert (before, counts.first(0).tolist(), counts.first(2).tolist(), counts.first(8).tolist()) == (
        [0, 0],
        [],
        [0, 2],
        [0, 2, 0, 0, 0, 1, 0, 0],
    )
