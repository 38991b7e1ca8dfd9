"""The local endpoint and our matcher decide alike, on every rule's cases and on the documented ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eventbridge_rules.loading import HERE, read_rules_file
from eventbridge_rules.matching import matches
from eventbridge_rules.placeholders import fill
from tests.support.event_patterns import documented_cases
from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

NAMES = {"bucket:raw": "the-raw-bucket"} | {
    f"job:{name}": f"clickstream-dev-{name}" for name in ("events", "interactions", "items", "users")
}
RULES = {rule.name: rule for path in sorted(HERE.glob("*.yaml")) for rule in read_rules_file(path).rules}
CASES = sorted((HERE / "cases").glob("*/*.json"))

BY_VALUE = frozenset(
    {"numbers are compared as they are written", "a number with a fraction is not the same with an exponent"}
)
"""The endpoint takes 300 and 300.0 for one number; the guide does not. No rule of ours asks for a number."""


def says_the_endpoint(local: Local, pattern: str, event: str) -> bool:
    return bool(local.client("events").test_event_pattern(EventPattern=pattern, Event=event)["Result"])


def test_the_endpoint_matches_every_rule_with_its_cases_as_our_matcher_does(local: Local) -> None:
    patterns = {name: fill(rule.pattern, NAMES) for name, rule in RULES.items()}
    judged = {
        f"{path.parent.name}/{path.stem}": (
            says_the_endpoint(local, json.dumps(patterns[path.parent.name]), path.read_text()),
            matches(patterns[path.parent.name], json.loads(path.read_text())),
        )
        for path in CASES
    }

    assert judged == {_name(path): (path.stem.startswith("match_"),) * 2 for path in CASES}
    assert {path.parent.name for path in CASES} == set(RULES)


def test_the_endpoint_agrees_with_the_documented_examples_but_for_the_spelling_of_numbers(local: Local) -> None:
    differing = {
        case.says
        for case in documented_cases()
        if says_the_endpoint(local, case.pattern, case.event) is not case.matches
    }

    assert differing == BY_VALUE


def test_no_rule_asks_for_a_number() -> None:
    assert [name for name, rule in RULES.items() if _numbers(rule.pattern)] == []


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _numbers(value: object) -> bool:
    match value:
        case dict():
            return any(_numbers(each) for each in value.values())
        case list():
            return any(_numbers(each) for each in value)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)
