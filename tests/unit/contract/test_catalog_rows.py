"""A catalog's lines: read as strictly as events, each rule of items and users seen."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from contract.catalog import ITEM, USER
from contract.events import MAX_LINE_BYTES
from contract.rows import Refused, read_row
from contract.rules import LINE_RULES, Check, Rule, field_rules
from contract.schema import Field, Kind, Record
from tests.good_lines import field_value, write_line

pytestmark = pytest.mark.unit

RECORDS = (ITEM, USER)
FIELD_RULES = [(record, rule) for record in RECORDS for rule in field_rules(record)]
GOOD = {
    "item_id": "i-204",
    "category_l1": "apparel",
    "genres": ["comedy", "drama"],
    "release_year": 1995,
    "price": 89,
    "created_at": "2026-01-05T00:00:00Z",
    "available": True,
    "deleted": False,
}


def verdict(record: Record, line: bytes) -> str | dict[str, Any]:
    """The id of the rule that the line breaks, or the row."""
    found = read_row(record, line)
    return found.rule.id if isinstance(found, Refused) else found


def item_line(**changed: object) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_the_contracts_own_examples_are_rows(record: Record) -> None:
    examples = {field.name: field.example for field in record.fields}

    assert verdict(record, json.dumps(examples).encode()) == examples


def test_a_row_has_the_records_fields_in_its_order_and_neither_nulls_nor_others() -> None:
    line = b' {"title":{"x":[[1]]},"price":8.5e0,"brand":null,"item_id":"\\u0069-1"}\r'

    row = read_row(ITEM, line)

    assert not isinstance(row, Refused)
    assert list(row.items()) == [("item_id", "i-1"), ("price", 8.5)]


def test_a_tombstone_needs_no_more_than_its_id() -> None:
    assert verdict(USER, b'{"user_id":"u-1","deleted":true}') == {"user_id": "u-1", "deleted": True}


def good_value(field: Field, rng: Random) -> Any:
    if field.kind in {Kind.LONG, Kind.DOUBLE}:
        return rng.randint(field.minimum or 0, field.maximum or 10**6)
    return field_value(field, rng)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_random_good_rows_are_read_as_they_were_written(record: Record) -> None:
    rng = Random(5)  # test data
    rows = [{f.name: good_value(f, rng) for f in record.fields if f.required or rng.random() < 0.6} for _ in range(500)]

    read = [verdict(record, write_line(row, rng)) for row in rows]

    assert [r for r in read if isinstance(r, str)] == []
    assert [dict.keys(r) for r in read if isinstance(r, dict)] == [row.keys() for row in rows]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"item_id":"i-1","description":"' + b"x" * MAX_LINE_BYTES + b'"}', "line.size"),
        (b'{"item_id":"caf\xe9"}', "line.text"),
        (b'{"item_id":"\\ud83d"}', "line.text"),
        (b'{"item_id":"i-1","x":[[[[1]]]]}', "line.depth"),
        (b"", "line.json"),
        (b"ITEM_ID,GENRE", "line.json"),
        (b'["i-1"]', "line.json"),
        (b'{"item_id":"i-1","price":NaN}', "line.json"),
        (b'{"item_id":"i-1"}{"item_id":"i-2"}', "line.json"),
        (b'{"item_id":"i-1","price":' + b"1" * 1_001 + b"}", "line.json"),
        (b'{"\\u0069tem_id":"i-1"}', "line.keys"),
        (b'{"item_id":"i-1","item_id":"i-2"}', "line.unique_keys"),
        (b'{"item_id":"i-1","x":1,"x":2}', "line.unique_keys"),
    ],
)
def test_a_line_is_read_as_strictly_as_an_events(line: bytes, rule: str) -> None:
    assert verdict(ITEM, line) == rule


def test_every_rule_of_the_line_is_asked_above() -> None:
    marks = test_a_line_is_read_as_strictly_as_an_events.pytestmark  # type: ignore[attr-defined]
    asked = {rule for _, rule in marks[0].args[1]}

    assert asked == {rule.id for rule in LINE_RULES}


def broken(rule: Rule) -> Any:
    """A value that breaks this rule and none before it."""
    field = rule.field
    by_check: dict[Check, Any] = {
        Check.REQUIRED: None,
        Check.TYPE: [1] if field.kind is Kind.STRINGS else {},
        Check.NOT_EMPTY: "",
        Check.LENGTH: "x" * (field.max_length + 1),
        Check.FORMAT: ["a", "b|c"] if field.kind is Kind.STRINGS else "2026-02-30T00:00:00Z|",
        Check.RANGE: (field.minimum or 0) - 1,
        Check.COUNT: ["a"] * (field.max_items + 1),
    }
    return by_check[rule.check]


@pytest.mark.parametrize(("record", "rule"), FIELD_RULES, ids=[f"{r.name}-{rule.id}" for r, rule in FIELD_RULES])
def test_each_rule_of_a_field_is_broken_by_a_line_of_its_own(record: Record, rule: Rule) -> None:
    values = {f.name: f.example for f in record.fields} | {rule.field.name: broken(rule)}

    found = read_row(record, json.dumps(values).encode())

    assert found == Refused(rule)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"release_year": 1000}, None),
        ({"release_year": 2999}, None),
        ({"release_year": 3000}, "release_year.range"),
        ({"release_year": 1995.0}, "release_year.type"),
        ({"release_year": True}, "release_year.type"),
        ({"release_year": "1995"}, "release_year.type"),
        ({"price": -0.01}, "price.range"),
        ({"price": 10**400}, "price.range"),
        ({"price": "89"}, "price.type"),
        ({"available": "true"}, "available.type"),
        ({"genres": "comedy|drama"}, "genres.type"),
        ({"genres": ["x" * 49]}, None),
        ({"genres": ["x" * 50]}, "genres.format"),
        ({"genres": []}, None),
        ({"category_l1": "home|garden"}, "category_l1.format"),
        ({"description": "😀" * 10_000}, None),
        ({"description": "x" * 20_000}, None),
        ({"description": "x" * 20_001}, "description.length"),
        ({"created_at": "2026-01-05"}, "created_at.format"),
        ({"created_at": 1_767_571_200}, "created_at.type"),
    ],
)
def test_limits_hold_to_the_last_character(changed: dict[str, object], expected: str | None) -> None:
    line = json.dumps({**GOOD, **changed}, ensure_ascii=False).encode()

    assert verdict(ITEM, line) == (expected or {**GOOD, **changed})


def test_a_line_of_the_greatest_size_is_read_and_a_longer_one_is_not() -> None:
    room = MAX_LINE_BYTES - len(item_line(x=""))

    assert verdict(ITEM, item_line(x="y" * room)) == GOOD
    assert verdict(ITEM, item_line(x="y" * (room + 1))) == "line.size"
