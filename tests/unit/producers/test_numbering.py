"""Each line gets its number, in C as in Python, and strangers are left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sdk.numbering import numbered, numbered_in_python, stamp_of

pytestmark = pytest.mark.unit

STAMP = stamp_of("web-1")
FIRST = st.integers(0, 12) | st.sampled_from([99, 9_999_999, 2**53, 2**64 - 20])


@given(texts=st.lists(st.text(max_size=9) | st.none(), max_size=14), first=FIRST)
def test_lines_take_their_numbers_in_order(texts: list[str | None], first: int) -> None:
    strangers = [place for place, text in enumerate(texts) if text is None]
    given_lines = [b"\xff stranger" if text is None else b'{"a":%b}\n' % json.dumps(text).encode() for text in texts]

    found = numbered(given_lines, STAMP, first, strangers)

    numbers = iter(range(first, first + len(texts)))
    expected = [
        b"\xff stranger"
        if text is None
        else b'{"a":%b,"producer_id":"web-1","producer_seq":%d}\n' % (json.dumps(text).encode(), next(numbers))
        for text in texts
    ]
    assert list(found) == expected
    assert list(numbered_in_python(given_lines, STAMP, first, strangers)) == expected
