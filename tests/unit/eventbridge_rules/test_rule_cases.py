"""Every rule wakes for its example events, and for nothing that only looks like them."""

import json
from pathlib import Path

import pytest

from eventbridge_rules.loading import HERE, read_rules_file
from eventbridge_rules.matching import matches
from eventbridge_rules.model import Rule
from eventbridge_rules.placeholders import fill

pytestmark = pytest.mark.unit

NAMES = {"bucket:raw": "the-raw-bucket"} | {
    f"job:{name}": f"clickstream-dev-{name}" for name in ("events", "interactions", "items", "users")
}
RULES: dict[str, Rule] = {
    rule.name: rule for path in sorted(HERE.glob("*.yaml")) for rule in read_rules_file(path).rules
}
CASES = sorted((HERE / "cases").glob("*/*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_rule_matches_only_its_events(path: Path) -> None:
    pattern = fill(RULES[path.parent.name].pattern, NAMES)

    matched = matches(pattern, json.loads(path.read_text()))

    assert matched is path.stem.startswith("match_")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_an_event_that_matches_and_one_that_does_not(name: str) -> None:
    kinds = {path.stem.partition("_")[0] for path in CASES if path.parent.name == name}

    assert kinds == {"match", "nomatch"}
