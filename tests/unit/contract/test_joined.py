"""Joined byte strings are a sequence of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.joined import Joined

pytestmark = pytest.mark.unit


@given(texts=st.lists(st.binary(max_size=20), max_size=8), where=st.slices(8))
def test_they_are_what_was_joined(texts: list[bytes], where: slice) -> None:
    joined = Joined.of(texts)

    assert (list(joined), len(joined), joined.data) == (texts, len(texts), b"".join(texts))
    assert [joined[place] for place in range(-len(texts), len(texts))] == texts * 2
    assert joined[where] == texts[where]
    assert list(reversed(joined)) == texts[::-1]


@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=6), max_size=6))
def test_texts_are_joined_as_utf_8(texts: list[str]) -> None:
    assert list(Joined.of_texts(texts)) == [text.encode() for text in texts]


def test_what_is_joined_is_not_joined_again() -> None:
    joined = Joined.of([b"a", b"bc"])

    assert Joined.of(joined) is joined


@pytest.mark.parametrize("place", [2, -3])
def test_a_place_beyond_them_is_refused(place: int) -> None:
    with pytest.raises(IndexError):
        Joined.of([b"a", b"bc"])[place]
