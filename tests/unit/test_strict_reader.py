"""The strict reader of the tests: what it takes it reads exactly, and each of its rules refuses something alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strict_reader import NotAccepted, read_dataset

pytestmark = pytest.mark.unit

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "BRAND", "type": ["null", "string"], "categorical": True},
        {"name": "DESCRIPTION", "type": ["string", "null"], "textual": True},
        {"name": "PRICE", "type": ["float", "null"]},
        {"name": "WEIGHT", "type": ["double", "null"]},
        {"name": "PAGES", "type": ["int", "null"]},
        {"name": "SALES", "type": ["long", "null"]},
        {"name": "NEW", "type": ["boolean", "null"]},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
HEADER = b"ITEM_ID,BRAND,DESCRIPTION,PRICE,WEIGHT,PAGES,SALES,NEW,CREATION_TIMESTAMP\n"
NAMES = tuple(field["name"] for field in SCHEMA["fields"])
COLUMN = {name: n for n, name in enumerate(NAMES)}
EMPTY = [b"i1", *[b""] * 7, b"1600000000"]


def refusal(files: dict[str, bytes]) -> tuple[str, int, str, str]:
    with pytest.raises(NotAccepted) as found:
        read_dataset(files, SCHEMA)
    return found.value.file, found.value.row, found.value.column, found.value.rule


def line(**cells: bytes) -> bytes:
    row = EMPTY.copy()
    for name, cell in cells.items():
        row[COLUMN[name]] = cell
    return b",".join(row) + b"\n"


def read(**cells: bytes) -> dict[str, Any]:
    [row] = read_dataset({"a.csv": HEADER + line(**cells)}, SCHEMA)
    return row


def row_of(**values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(NAMES), "ITEM_ID": "i1", "CREATION_TIMESTAMP": 1_600_000_000, **values}


def test_rows_of_all_files_are_read_in_order() -> None:
    files = {"b.csv": HEADER + line(ITEM_ID=b"2") + line(ITEM_ID=b"1"), "a.csv": HEADER, "c.csv": HEADER + line()}

    assert read_dataset(files, SCHEMA) == [row_of(ITEM_ID="2"), row_of(ITEM_ID="1"), row_of()]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("BRAND", b"a|b", "a|b"),
        ("BRAND", b"'single'", "'single'"),
        ("BRAND", b"null", "null"),
        ("BRAND", b"42", "42"),
        ("BRAND", b'"42"', "42"),
        ("BRAND", b"in between", "in between"),
        ("BRAND", b'" "', " "),
        ("BRAND", b'"a,b"', "a,b"),
        ("BRAND", b'"a\nb\r\nc\rd"', "a\nb\r\nc\rd"),
        ("BRAND", rb'"\""', '"'),
        ("BRAND", rb'"\\"', "\\"),
        ("BRAND", rb'"\\n\\\""', r"\n\""),
        ("BRAND", "é世😀".encode(), "é世😀"),
        ("BRAND", "\ufeffx".encode(), "\ufeffx"),
        ("BRAND", "😀".encode() * 1_000, "😀" * 1_000),
        ("DESCRIPTION", b"x" * 20_000, "x" * 20_000),
        ("ITEM_ID", b"x" * 256, "x" * 256),
        ("PRICE", b"12", 12.0),
        ("PRICE", b"-0.5", -0.5),
        ("PRICE", b"1.5E-7", 1.5e-7),
        ("PRICE", b"1e+3", 1000.0),
        ("WEIGHT", b"1e300", 1e300),
        ("PAGES", b"-2147483648", -2_147_483_648),
        ("SALES", b"9223372036854775807", 9_223_372_036_854_775_807),
        ("NEW", b"true", True),
        ("NEW", b"false", False),
        ("CREATION_TIMESTAMP", b"0", 0),
        ("CREATION_TIMESTAMP", b"9999999999", 9_999_999_999),
    ],
)
def test_a_cell_is_read_as_its_column_says(column: str, cell: bytes, value: Any) -> None:
    found = read(**{column: cell})

    assert found == row_of(**{column: value})
    assert type(found[column]) is type(value)


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("BRAND", b'"a""b"', "quote.doubled"),
        ("BRAND", b'""""', "quote.doubled"),
        ("BRAND", b'a"b', "quote.bare"),
        ("BRAND", b'"a" ', "quote.followed"),
        ("BRAND", b'"a"b', "quote.followed"),
        ("BRAND", rb"a\b", "escape.bare"),
        ("BRAND", rb'"a\nb"', "escape.unknown"),
        ("BRAND", rb'"a\,b"', "escape.unknown"),
        ("BRAND", b" a", "blank.bare"),
        ("BRAND", b"a ", "blank.bare"),
        ("BRAND", b"\ta", "blank.bare"),
        ("BRAND", b" ", "blank.bare"),
        ("BRAND", b"a\rb", "line.end"),
        ("BRAND", b'"a"\r', "line.end"),
        ("BRAND", b'""', "value.quoted_empty"),
        ("BRAND", b"x" * 1_001, "value.length"),
        ("BRAND", b"EVENT_TYPE", "value.keyword"),
        ("BRAND", b'"TIMESTAMP"', "value.keyword"),
        ("DESCRIPTION", b"x" * 20_001, "value.length"),
        ("ITEM_ID", b"x" * 257, "value.length"),
        ("ITEM_ID", b"", "value.required"),
        ("CREATION_TIMESTAMP", b"", "value.required"),
        ("CREATION_TIMESTAMP", b"1600000000000", "value.seconds"),
        ("CREATION_TIMESTAMP", b"-1", "value.seconds"),
        ("CREATION_TIMESTAMP", b"1.5", "value.seconds"),
        ("CREATION_TIMESTAMP", b"1e9", "value.seconds"),
        ("CREATION_TIMESTAMP", "\u0661".encode(), "value.seconds"),
        ("PRICE", b'"1.5"', "value.quoted_number"),
        ("NEW", b'"true"', "value.quoted_number"),
        ("PRICE", b"nan", "value.float"),
        ("PRICE", b"Infinity", "value.float"),
        ("PRICE", b"1,5", "row.cells"),
        ("PRICE", b".5", "value.float"),
        ("PRICE", b"1.", "value.float"),
        ("PRICE", b"+1", "value.float"),
        ("PRICE", b"1_0", "value.float"),
        ("PRICE", b"0x10", "value.float"),
        ("PRICE", b"null", "value.float"),
        ("PRICE", b"1e39", "value.range"),
        ("WEIGHT", b"1e999", "value.range"),
        ("PAGES", b"2147483648", "value.range"),
        ("PAGES", b"1.0", "value.whole"),
        ("SALES", b"9223372036854775808", "value.range"),
        ("SALES", b"+1", "value.whole"),
        ("NEW", b"True", "value.boolean"),
        ("NEW", b"1", "value.boolean"),
    ],
)
def test_a_cell_that_is_not_clearly_allowed_is_refused(column: str, cell: bytes, rule: str) -> None:
    files = {"a.csv": HEADER + line(), "b.csv": HEADER + line() + line(**{column: cell}) + line()}

    # Of a row of the wrong width, no cell is the wrong one.
    at = "" if rule == "row.cells" else column
    assert refusal(files) == ("b.csv", 3, at, rule)


@pytest.mark.parametrize(
    ("data", "row", "rule"),
    [
        (b"", 1, "header.names"),
        (b"\n", 1, "header.names"),
        (line(), 1, "header.names"),
        (HEADER.lower(), 1, "header.names"),
        (HEADER.replace(b"ITEM_ID,BRAND", b"BRAND,ITEM_ID"), 1, "header.names"),
        (HEADER.replace(b",SALES", b""), 1, "header.names"),
        (HEADER.replace(b"BRAND", b'"BRAND"'), 1, "header.unquoted"),
        (HEADER.replace(b",BRAND", b", BRAND"), 1, "blank.bare"),
        (b"\xef\xbb\xbf" + HEADER, 1, "file.bom"),
        (HEADER + line(BRAND=b"caf\xe9"), 2, "file.utf8"),
        (HEADER + line() + line(BRAND=b"\xed\xa0\x80"), 3, "file.utf8"),
        (HEADER.decode().encode("utf-16"), 1, "file.utf8"),
        ((HEADER + line()).replace(b"\n", b"\r\n"), 1, "line.end"),
        (HEADER + line() + line()[:-1], 3, "file.cut"),
        (HEADER + b'i1,"open', 2, "file.cut"),
        (HEADER + b'i1,"open\\', 2, "file.cut"),
        (HEADER[:-1], 1, "file.cut"),
        (HEADER + b"\n" + line(), 2, "row.cells"),
        (HEADER + line() + b"\n", 3, "row.cells"),
        (HEADER + b"i1,b\n", 2, "row.cells"),
        (HEADER + b"," + line(), 2, "row.cells"),
    ],
)
def test_a_file_that_is_not_clearly_allowed_is_refused(data: bytes, row: int, rule: str) -> None:
    name, at, _, broken = refusal({"a.csv": data})

    assert (name, at, broken) == ("a.csv", row, rule)


@pytest.mark.parametrize("name", ["_SUCCESS", "a.csv.gz", "a.CSV", ".csv", "manifest.json", "below/a.csv", "a.csv.crc"])
def test_only_files_of_csv_lie_below_the_prefix(name: str) -> None:
    assert refusal({"a.csv": HEADER, name: b""}) == (name, 0, "", "file.name")


def test_a_refused_schema_reads_no_file() -> None:
    with pytest.raises(NotAccepted, match=r"schema, row 0, column '': schema\.version"):
        read_dataset({"a.csv": HEADER}, {**SCHEMA, "version": "2.0"})


def test_there_is_a_file() -> None:
    assert refusal({}) == ("", 0, "", "files.none")


NASTY = st.one_of(
    st.sampled_from(
        ["null", "None", "42", "-1e9", "true", "|", "a|b", '"', '""', "\\", '\\"', " x", "x ", "\r\n", "\\N"]
    ),
    st.text(st.sampled_from('",\\\r\n| \tnaé世😀\ufeff\u2028'), min_size=1, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.integers(1, 1_000).map(lambda n: "\\" * n),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.fixed_dictionaries(
    {
        "ITEM_ID": NASTY.map(lambda text: text[:256]),
        "BRAND": st.none() | NASTY,
        "DESCRIPTION": st.none() | NASTY,
        "PRICE": st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False),
        "WEIGHT": st.none() | NUMBERS,
        "PAGES": st.none() | st.integers(-(2**31), 2**31 - 1),
        "SALES": st.none() | st.integers(-(2**63), 2**63 - 1),
        "NEW": st.none() | st.booleans(),
        "CREATION_TIMESTAMP": st.integers(0, 9_999_999_999),
    }
)


def written(value: Any, *, quote_all: bool) -> str:
    """A cell as the rules say; texts in quotes where they must be, or all of them."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value).lower()
    if quote_all or set(value) & set('",\\\r\n') or value[0] in " \t\v\f" or value[-1] in " \t\v\f":
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value


def in_order(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in NAMES}


@given(rows=st.lists(ROWS, max_size=4), quote_all=st.booleans())
def test_what_is_written_by_the_rules_is_read_back_identical(rows: list[dict[str, Any]], quote_all: bool) -> None:  # noqa: FBT001  # a case
    lines = [",".join(written(value, quote_all=quote_all) for value in in_order(row).values()) + "\n" for row in rows]

    found = read_dataset({"a.csv": HEADER + "".join(lines).encode()}, SCHEMA)

    assert [list(row.items()) for row in found] == [list(in_order(row).items()) for row in rows]
