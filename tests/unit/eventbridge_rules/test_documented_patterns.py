"""The matcher agrees with what EventBridge's user guide says, example by example."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import yaml

from eventbridge_rules.matching import matches
from tests.support.event_patterns import TABLE, DocumentedCase, documented_cases

pytestmark = pytest.mark.unit

CASES = list(documented_cases())


def loaded(text: str) -> Any:
    """JSON that remembers how its numbers were written."""
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_matcher_decides_as_documented(case: DocumentedCase) -> None:
    assert matches(loaded(case.pattern), loaded(case.event)) is case.matches


def test_the_table_is_large_and_knows_every_operator_and_both_outcomes() -> None:
    patterns = " ".join(case.pattern for case in CASES)
    operators = (
        *("prefix", "suffix", "anything-but", "numeric", "cidr", "exists", "equals-ignore-case", "wildcard", "$or"),
        *("[null]", '[""]'),
    )

    assert len(CASES) >= 60
    assert [name for name in operators if name not in patterns] == []
    assert {
        group["says"] for group in yaml.safe_load(TABLE.read_text()) if not (group["hits"] and group["misses"])
    } == set()
