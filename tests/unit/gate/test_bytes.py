"""Quotes, escapes and line ends: what is named, and that the rest is still judged."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_jobs.gate.findings import Findings
from glue_jobs.gate.model import Offence
from glue_jobs.gate.parsed import parse
from glue_jobs.gate.schema import Column, Schema
from tests.support.personalize_files import HEADERS, Case, good, interactions, write, written

pytestmark = pytest.mark.unit

SCHEMA = Schema(dataset="Users", columns=tuple(Column(name=n, type="string", nullable=True) for n in "ABC"))
FORM = ("encoding", "header_unquoted", "columns", "row_shape", "escapes", "line_ends")

PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
NASTY = st.text(st.sampled_from(list("\",\\|\r\n 'aé😀")), min_size=1, max_size=12)
VALUE = st.one_of(st.sampled_from(["null", "1", "007", " x", "x ", "\ufeff", "#", '""', "\\", '"']), NASTY, PLAIN)

# A quote that does not end is taken to end at the next that could: the values beside it must not look like an end.
UNAMBIGUOUS = VALUE.filter(lambda value: '"' not in value and value[0] not in ",\r\n")


def read(data: bytes) -> tuple[list[list[str | None]], dict[str, int], list[Offence], list[int]]:
    findings = Findings()
    parsed = parse("f.csv", data, SCHEMA, findings)
    counts = {rule: count for rule in FORM if (count := findings.count(rule))}
    rows = [
        [None if c is None else c.decode("utf-8", "replace") for c in row.values()] for row in parsed.table.to_pylist()
    ]
    offences = [offence for rule in counts for offence in findings.first(rule)]
    return rows, counts, offences, [parsed.rows.of(at) for at in range(len(rows))]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(VALUE, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_is_written_well_is_read_back_and_breaks_no_rule(rows: list[list[str]]) -> None:
    found, counts, _, places = read(write("ABC", rows))

    assert (found, counts) == (rows, {})
    assert places == list(range(2, len(rows) + 2))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(UNAMBIGUOUS, min_size=3, max_size=3), min_size=2, max_size=8), st.data())
def test_a_quote_that_does_not_end_costs_its_row_alone(rows: list[list[str]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    lines = [",".join(written(value) for value in row) for row in rows]
    lines[at] = 'x,"never ends,z'

    found, counts, offences, places = read(("A,B,C\n" + "\n".join(lines) + "\n").encode())

    assert (found, counts) == ([row for n, row in enumerate(rows) if n != at], {"row_shape": 1})
    assert offences == [Offence("f.csv", at + 2, "B", '"never ends,z')]
    assert places == [n + 2 for n in range(len(rows)) if n != at]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(VALUE.filter(lambda v: "\r" not in v), min_size=3, max_size=3), min_size=1, max_size=8))
def test_doubled_quotes_are_named_and_read_as_they_are_meant(rows: list[list[str]]) -> None:
    rows = [*rows, ['say "hi", twice', "b", "c"]]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)

    found, counts, _, _ = read(b"A,B,C\n" + out.getvalue().encode())

    assert found == rows
    assert counts == {"escapes": sum(value.count('"') for row in rows for value in row)}


@pytest.mark.parametrize(
    ("body", "counts", "offence"),
    [
        (b"1,2\n", {"row_shape": 1}, Offence("f.csv", 2, "", "2 values for 3 columns: 1,2")),
        (b"a,b,c\n\nd,e,f\n", {"row_shape": 1}, Offence("f.csv", 3, "", "an empty row")),
        (b'a,b"b,c\n', {"row_shape": 1}, Offence("f.csv", 2, "B", '"b,c')),
        (b'a,"b"b,c\n', {"row_shape": 1}, Offence("f.csv", 2, "B", '"b"b,c')),
        (b'a,"b\nb",c\nx,y\\z,w\n', {"escapes": 1}, Offence("f.csv", 3, "B", "y\\z,w")),
        (b'a,"b\\n",c\n', {"escapes": 1}, Offence("f.csv", 2, "B", '"b\\n",c')),
        (b"a,b,c\r\n", {"line_ends": 1}, Offence("f.csv", 2, "C", "a carriage return before the line end")),
        (b"", {}, None),
    ],
)
def test_misuse_is_named_by_row_and_column(body: bytes, counts: dict[str, int], offence: Offence | None) -> None:
    _, found, offences, _ = read(b"A,B,C\n" + body)

    assert (found, offences) == (counts, [offence] if offence else [])


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        (b"", {"columns": 1}),
        (b"\xff\xfeA\x00,\x00", {"encoding": 1}),
        (b"\xef\xbb\xbfA,B,C\na,b,c\n", {"encoding": 1}),
        (b'"A","B","C"\na,b,c\n', {"header_unquoted": 1}),
        (b"A;B;C\na;b;c\n", {"columns": 4}),
        (b"A,B,B,C\na,b,b,c\n", {"columns": 1}),
        (b"B,A,C\na,b,c\n", {"columns": 1}),
        (b"\x1f\x8b broken", {"row_shape": 1}),
    ],
)
def test_files_that_begin_badly_are_named(data: bytes, counts: dict[str, int]) -> None:
    assert read(data)[1] == counts


def test_a_value_larger_than_a_block_is_read() -> None:
    rows = [["a", "x" * (9 << 20) + "\n", "c"]]

    assert read(write("ABC", rows))[0] == rows


def test_rows_that_repeat_over_files_are_counted_over_all_of_them() -> None:
    rows = interactions()
    files = {"a.csv": write(HEADERS["Interactions"], rows), "b.csv": write(HEADERS["Interactions"], rows)}
    (failure,) = Case(dataset="Interactions", files=files).examined().verdict.failures

    assert (failure.rule, failure.measured) == ("duplicates", 0.5)


def test_the_profile_is_small_and_names_no_user() -> None:
    profile = good("Interactions").examined().profile

    assert profile["rows"] == 1_200
    assert profile["newest"] == 1_790_001_199
    assert profile["event_types"] == {
        "shares": {"view": 0.333333333, "click": 0.333333333, "purchase": 0.333333333},
        "rest": 0.0,
        "empty": 0.0,
    }
    assert "u-1" not in str(profile)
