"""The JSON Schema says the same as the judge where a schema can speak."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.catalog import ITEM, USER
from contract.events import EVENT
from contract.generate.json_schema import json_schema
from contract.judge import Refused, judge
from contract.rules import LINE_RULES, Check, Rule
from contract.schema import Kind, Record
from tests.strategies import PLAUSIBLE, generated_lines

pytestmark = pytest.mark.unit

VALIDATOR = Draft202012Validator(json.loads(json_schema(EVENT)))
OF_THE_CLOCK = {Check.EARLIEST, Check.LATEST}


def is_sayable(rule: Rule, event: dict[str, Any]) -> bool:
    """Whether a schema could refuse this event for this rule."""
    if rule in LINE_RULES or rule.check in OF_THE_CLOCK or rule.check is Check.JOINED_LENGTH:
        return False
    field = rule.path[-1] if rule.path else None
    if field is None:
        return True
    if rule.check is Check.FORMAT and field.kind is Kind.INSTANT:
        return False  # the calendar
    value: Any = event
    for step in rule.path:
        value = value.get(step.name) if isinstance(value, dict) else None
    whole = isinstance(value, float) and value.is_integer()  # 1.0 is an integer to a schema
    huge = isinstance(value, int | float) and abs(value) > sys.float_info.max  # a schema knows no doubles
    newline = any(t.endswith("\n") for t in _texts(value))  # "$" looks past the last newline
    return not (whole or huge or newline)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [t for t in value if isinstance(t, str)] if isinstance(value, list | dict) else []


def test_the_schema_takes_what_the_judge_takes_and_refuses_what_it_can() -> None:
    different = []
    asked = 0
    for line in generated_lines(seed=4, n=2_500):
        verdict = judge(line, PLAUSIBLE)
        if isinstance(verdict, Refused) and verdict.rule in LINE_RULES:
            continue
        event = json.loads(line)
        expected = not isinstance(verdict, Refused)
        if not expected and isinstance(verdict, Refused) and not is_sayable(verdict.rule, event):
            continue
        asked += 1
        if VALIDATOR.is_valid(event) is not expected:
            different.append((verdict, line))

    assert different == []
    assert asked > 1_000


@pytest.mark.parametrize("record", [EVENT, ITEM, USER], ids=lambda record: record.name)
def test_a_schema_is_one_and_takes_its_own_examples(record: Record) -> None:
    schema = json.loads(json_schema(record))

    Draft202012Validator.check_schema(schema)
    examples = {f.name: f.example for f in record.fields}
    assert Draft202012Validator(schema).is_valid(examples)
