"""The fast and the slow reading of CSV, which must agree."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalize_local.data.csv_blocks import LONGEST_ROW, Block, well_formed
from personalize_local.data.csv_cells import columns_of, read_rows
from personalize_local.schemas.model import DatasetSchema, Field
from tests.support.personalize_data import read

pytestmark = pytest.mark.unit

PIECES = st.lists(
    st.sampled_from(['"', "\\", ",", "\n", "\r\n", "\r", "a", "ü", '","', '",', ',"', '"\n']), max_size=30
)


@settings(deadline=None)
@given(pieces=PIECES, block=st.integers(1, 9))
@example(pieces=['"', "\\", '"', ",", "a"], block=1)
@example(pieces=['\r\n\ra,a\n","""a","a"\n"\n,"\r\n,""a,a\n\n,"'], block=12)  # a line end cut in two
@example(pieces=['"\\"\\\\\\n",\\n\n'], block=3)
def test_fast_and_slow_reading_agree_whatever_the_blocks(pieces: list[str], block: int) -> None:
    schema = DatasetSchema(dataset="Users", fields=tuple(Field(name=n, type="string", nullable=True) for n in "AB"))
    body = "".join(pieces).encode()

    rows, problems = read(b"A,B\n" + body, schema)

    slow = read_rows(body, 2, 2, final=True)
    names = [[None if cell is None else cell.decode() for cell in column] for column in columns_of(slow.cells, 2)]
    assert [list(row.values()) for row in rows] == [list(row) for row in zip(*names, strict=True)]
    assert [(row, rule) for _, row, _, rule, _ in problems] == [(row, rule) for row, rule, _ in slow.bad]
    assert read(b"A,B\n" + body, schema, block=block) == (rows, problems)


@pytest.mark.parametrize("start", [b'"', b"a"])
def test_no_more_than_the_longest_row_is_held(start: bytes) -> None:
    piece = start + b"b" * LONGEST_ROW

    assert well_formed(piece, final=False) is None
    assert read_rows(piece, 2, 2, final=False).end == len(piece)
    shorter = piece[:-1]
    assert read_rows(shorter, 2, 2, final=False).end == 0
    block = well_formed(shorter, final=False)
    assert block == Block(data=b"", end=0, lines=0, quoted=start == b'"')


@pytest.mark.parametrize("text", [b'"a\\\\","b"\n', b'"a\\"",b\\\\\n"c\\n",d\n'])
def test_backslashes_do_not_slow_reading_down(text: bytes) -> None:
    assert well_formed(text, final=True) is not None
