"""CSV by Personalize's rules: what is read, what is refused, and where."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_local.data.csv_blocks import LONGEST_ROW
from personalize_local.data.csv_cells import MISQUOTED
from personalize_local.data.csv_reader import CsvReader, Report
from personalize_local.data.problems import KEPT, Problems
from personalize_local.schemas.model import DatasetSchema, Field
from tests.support.personalize_data import INTERACTIONS, ITEMS, START, USERS, csv_of, header, interaction, read

pytestmark = pytest.mark.unit

EMPTY = "the value is empty, and the schema allows no null"
TEXTS = DatasetSchema(
    dataset="Users", fields=(Field(name="A", type="string", nullable=True), Field(name="B", type="string"))
)
ITEM = {"ITEM_ID": "i", "GENRES": None, "PRICE": None, "YEAR": None, "ADULT": None, "DESCRIPTION": None}
ITEM = {**ITEM, "CREATION_TIMESTAMP": None}


def texts(data: bytes, **how: Any) -> Any:
    rows, problems = read(b"A,B\n" + data, TEXTS, **how)
    return problems or [(row["A"], row["B"]) for row in rows]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a,b\n", [("a", "b")]),
        (b"a,b", [("a", "b")]),
        (b",b\n", [(None, "b")]),
        (b'"",b\n', [(None, "b")]),
        (b'"a,1","b\n2"\nc,d\n', [("a,1", "b\n2"), ("c", "d")]),
        (b'"a\\"1","b\\\\"\n', [('a"1', "b\\")]),
        (b'"\\n",b\\c\n', [("\\n", "b\\c")]),
        (b"\\,b\\\n", [("\\", "b\\")]),
        (b'"\\\\n",\\\\\n', [("\\n", "\\\\")]),
        (b"a,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
        (b'"a",b\r\n"\r",d\r\n', [("a", "b"), ("\r", "d")]),
        (b"\n\na,b\n\n\nc,d\n\n", [("a", "b"), ("c", "d")]),
        (b" a , b \n", [(" a ", " b ")]),
        ("ä,Ω|日\n".encode(), [("ä", "Ω|日")]),
        (b"\xef\xbb\xbfa,b\n", [("\ufeffa", "b")]),
        (b"null,NaN\n", [("null", "NaN")]),
        (b"", []),
        (b"\n\r\n", []),
    ],
)
def test_rows_are_read_with_backslash_escapes(data: bytes, rows: list[Any]) -> None:
    assert texts(data) == rows
    assert texts(data, block=3) == rows


ROW_RULES = {
    "doubled quotes": (b'a,b\n"a""1",b\n', 3, "", MISQUOTED, '"a""1",b'),
    "quote within a value": (b'a"1,b\n', 2, "", MISQUOTED, 'a"1,b'),
    "text after a quote": (b'"a"1,b\n', 2, "", MISQUOTED, '"a"1,b'),
    "escaped quote outside": (b'a\\"1",b\n', 2, "", MISQUOTED, 'a\\"1",b'),
    "quote that never closes": (b'a,b\n"a,b\nc,d\n', 3, "", MISQUOTED, '"a,b'),
    "quote that never closes, at the end": (b'a,"b', 2, "", MISQUOTED, 'a,"b'),
    "backslash before the closing quote": (b'"a\\",b\n', 2, "", MISQUOTED, '"a\\",b'),
    "lone return": (b"a\r,b\n", 2, "", MISQUOTED, "a\r,b"),
    "lone return beside quotes": (b'"a",b\rc\n', 2, "", MISQUOTED, '"a",b\rc'),
    "lone return between whole rows": (b'"a",b\rc,d\n', 2, "", MISQUOTED, '"a",b\rc,d'),
    "escaped quotes outside": (b'a\\"b\\",c\n"d",e\n', 2, "", MISQUOTED, 'a\\"b\\",c'),
    "a value too many": (b"a,b\nc,d,e\nf,g\n", 3, "", "the row has 3 values, the header has 2", "c,d,e"),
    "a value too few": (b"a\n", 2, "", "the row has 1 values, the header has 2", "a"),
    "after blank lines": (b"a,b\n\n\nc,\n", 5, "B", EMPTY, ""),
    "after lines in quotes": (b'"\n\n\n",b\nc,\n', 3, "B", EMPTY, ""),
    "no UTF-8": (b"a,b\nc,\xff\n", 3, "B", "the value is not UTF-8", "\ufffd"),
    "empty and required": (b"a,b\nc,\nd,e\n", 3, "B", EMPTY, ""),
    "empty in quotes and required": (b'a,""\n', 2, "B", EMPTY, ""),
    "value too long": (b"a," + b"x" * 1_001 + b"\n", 2, "B", "the value has more than 1000 characters", "x" * 100),
}


@pytest.mark.parametrize("name", ROW_RULES)
@pytest.mark.parametrize("block", [1 << 20, 5])
def test_a_bad_row_is_named_and_the_next_one_read(name: str, block: int) -> None:
    data, *problem = ROW_RULES[name]

    assert texts(data, block=block) == [("f.csv", *problem)]


def test_characters_are_counted_not_bytes() -> None:
    assert texts("a,{}\n".format("日" * 1_000).encode()) == [("a", "日" * 1_000)]


HEADERS = {
    "quoted": (
        b'"USER_ID",GENDER\n',
        [
            ("", "names in the header must not be quoted"),
            ("USER_ID", "the header lacks the column"),
            ('"USER_ID"', "the schema has no such column"),
        ],
    ),
    "byte order mark": (
        b"\xef\xbb\xbfUSER_ID,GENDER\n",
        [
            ("", "the file starts with a byte order mark"),
            ("USER_ID", "the header lacks the column"),
            ("\ufeffUSER_ID", "the schema has no such column"),
        ],
    ),
    "lacking": (b"USER_ID\n", [("GENDER", "the header lacks the column")]),
    "unknown": (b"USER_ID,GENDER,AGE\n", [("AGE", "the schema has no such column")]),
    "other case": (
        b"USER_ID,Gender\n",
        [("GENDER", "the header lacks the column"), ("Gender", "the schema has no such column")],
    ),
    "twice": (b"USER_ID,GENDER,GENDER\n", [("GENDER", "the column comes more than once")]),
    "empty file": (b"", [("", "the file has no header")]),
    "empty line": (b"\nUSER_ID,GENDER\n", [("", "the file has no header")]),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_has_the_schemas_columns(name: str) -> None:
    line, problems = HEADERS[name]

    rows, found = read(line + b"u,F\n" if line else b"", USERS)

    assert rows == []
    assert [(file, row, column, rule) for file, row, column, rule, _ in found] == [("f.csv", 1, *p) for p in problems]


def test_columns_may_stand_in_another_order_unless_asked_not_to() -> None:
    data = b"GENDER,USER_ID\r\nF,u\r\n"

    assert read(data, USERS) == ([{"USER_ID": "u", "GENDER": "F"}], [])
    assert read(data, USERS, strict_order=True) == (
        [],
        [("f.csv", 1, "", "the columns must stand in the schema's order: USER_ID,GENDER", "GENDER,USER_ID")],
    )


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("YEAR", "-2147483648", -(1 << 31)),
        ("YEAR", "007", 7),
        ("PRICE", "-1.5e3", -1500.0),
        ("PRICE", ".5", 0.5),
        ("PRICE", "5.", 5.0),
        ("PRICE", "1e-400", 0.0),
        ("ADULT", "true", True),
        ("ADULT", "false", False),
        ("CREATION_TIMESTAMP", "9223372036854775807", (1 << 63) - 1),
        ("DESCRIPTION", "x" * 20_001, "x" * 20_000),
        ("ITEM_ID", "ü" * 256, "ü" * 256),
        ("GENRES", "x" * 1_000, "x" * 1_000),
    ],
)
def test_a_cell_becomes_its_columns_type(column: str, text: str, value: Any) -> None:
    assert read(csv_of([{**ITEM, column: text}], ITEMS), ITEMS) == ([{**ITEM, column: value}], [])


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("YEAR", "2147483648", "the value is not a whole number of type int"),
        ("YEAR", "1.0", "the value is not a whole number of type int"),
        ("YEAR", "0x1F", "the value is not a whole number of type int"),
        ("YEAR", " 5", "the value is not a whole number of type int"),
        ("YEAR", "--5", "the value is not a whole number of type int"),
        ("YEAR", "-", "the value is not a whole number of type int"),
        ("CREATION_TIMESTAMP", "9223372036854775808", "the value is not a whole number of type long"),
        ("CREATION_TIMESTAMP", "2026-01-01", "the value is not a whole number of type long"),
        ("CREATION_TIMESTAMP", "9" * 101, "the value is not a whole number of type long"),
        ("PRICE", "12,50", "the value is not a number of type double"),
        ("PRICE", "1e999", "the value is not a number of type double"),
        ("PRICE", "nan", "the value is not a number of type double"),
        ("PRICE", "inf", "the value is not a number of type double"),
        ("PRICE", "e5", "the value is not a number of type double"),
        ("ADULT", "True", "the value is neither true nor false"),
        ("ADULT", "1", "the value is neither true nor false"),
        ("ITEM_ID", "x" * 257, "the value has more than 256 characters"),
        ("GENRES", "x|" * 501, "the value has more than 1000 characters"),
    ],
)
def test_a_cell_of_another_type_is_named(column: str, text: str, rule: str) -> None:
    good = {**ITEM, "YEAR": 1999, "PRICE": 1.5, "ADULT": True, "CREATION_TIMESTAMP": START}

    _, problems = read(csv_of([good, {**good, column: text}, good], ITEMS), ITEMS)

    assert problems == [("f.csv", 3, column, rule, text[:100])]


def test_a_float_has_32_bits() -> None:
    rows = [interaction("u", "i", EVENT_VALUE=value) for value in ("3.4e38", "3.5e38")]

    _, problems = read(csv_of(rows, INTERACTIONS), INTERACTIONS)

    assert problems == [("f.csv", 3, "EVENT_VALUE", "the value is not a number of type float", "3.5e38")]


def test_all_problems_are_counted_and_the_first_are_kept() -> None:
    report = Report()
    data = b"A,B\n" + b"a,\n" * (KEPT - 1) + b"a,b,c\n" + b"a,\n" * 7 + b'"\n'

    assert [batch.num_rows for batch in CsvReader("f.csv", TEXTS, report).read(io.BytesIO(data))] == [KEPT + 6]
    assert (len(report.problems.kept), report.problems.more) == (KEPT, 9 - 2 + 1)


def test_problems_beyond_those_kept_are_counted() -> None:
    problems = Problems()
    for row in range(KEPT + 3):
        problems.add("f.csv", row, "A", "rule", "x" * 101)

    assert (problems.kept[-1].row, problems.kept[-1].value, problems.more) == (KEPT - 1, "x" * 100, 3)


def test_a_quote_that_never_closes_does_not_swallow_the_file() -> None:
    row = b"a," + b"b" * 999 + b"\n"
    many = LONGEST_ROW // len(row) * 2
    data = b'A,B\n"a,b\n' + row * many + b"a,\n"

    rows, problems = read(data, TEXTS, block=1 << 22)

    assert len(rows) == many + 1
    assert problems == [("f.csv", 2, "", MISQUOTED, '"a,b'), ("f.csv", many + 3, "B", EMPTY, "")]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["\\", '"', "\\\\n", "a\\"]
)
ITEM_ROWS = st.fixed_dictionaries(
    {
        "ITEM_ID": TEXT,
        "GENRES": st.none() | TEXT,
        "PRICE": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "YEAR": st.none() | st.integers(-(1 << 31), (1 << 31) - 1),
        "ADULT": st.none() | st.booleans(),
        "DESCRIPTION": st.none() | TEXT,
        "CREATION_TIMESTAMP": st.none() | st.integers(-(1 << 63), (1 << 63) - 1),
    }
)


@settings(deadline=None)
@given(rows=st.lists(ITEM_ROWS, max_size=8), block=st.integers(20, 300))
def test_what_was_written_by_the_rules_comes_back(rows: list[dict[str, Any]], block: int) -> None:
    assert read(csv_of(rows, ITEMS), ITEMS, block=block) == (rows, [])


def test_batches_have_arrows_types() -> None:
    (batch,) = CsvReader("f.csv", ITEMS, Report()).read(io.BytesIO(header(ITEMS) + b"i,,,,,,\n"))

    assert [str(kind) for kind in batch.schema.types] == [
        "string",
        "string",
        "double",
        "int64",
        "bool",
        "string",
        "int64",
    ]
    assert isinstance(batch, pa.RecordBatch)
