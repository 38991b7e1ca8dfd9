"""Ids and their numbers, in memory-mapped arrays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.data.vocabulary import Vocabulary

pytestmark = pytest.mark.unit

IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), unique=True).map(sorted)


@settings(deadline=None)
@given(ids=IDS, other=st.text(max_size=5))
def test_each_id_has_its_number_and_no_other_has_one(ids: list[str], other: str) -> None:
    vocabulary = Vocabulary.of(ids)

    assert list(vocabulary) == [vocabulary[at] for at in range(len(ids))] == vocabulary[:] == ids
    assert [vocabulary.find(name) for name in ids] == list(range(len(ids)))
    assert vocabulary.find(other) == (ids.index(other) if other in ids else None)
    assert (other in vocabulary) == (other in ids)


@pytest.mark.parametrize("ids", [[], [""], ["", "a", "é", "日本", "🎬"]])
def test_what_is_written_is_read(ids: list[str], tmp_path: Path) -> None:
    Vocabulary.write(tmp_path / "users", ids)

    assert list(Vocabulary.open(tmp_path / "users")) == ids


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"]])
def test_ids_must_be_sorted_and_distinct(ids: list[str]) -> None:
    with pytest.raises(ValueError, match="sorted and distinct"):
        Vocabulary.of(ids)


@pytest.mark.parametrize("at", [2, -3])
def test_there_is_no_id_beyond_the_end(at: int) -> None:
    vocabulary = Vocabulary.of(["a", "b"])

    assert (vocabulary[-1], vocabulary[-2], vocabulary[1:]) == ("b", "a", ["b"])
    with pytest.raises(IndexError):
        vocabulary[at]
