"""Which rules tell a person of an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eventbridge_rules.loading import HERE, read_rules_file
from eventbridge_rules.matching import matches

_RULES = read_rules_file(HERE / "rules.yaml").rules
_ALERTING = [rule for rule in _RULES if rule.target.topic == "alerts"]


def alerts(events: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """(rule, why) for every event of the reconciler that a rule takes to a person."""
    found = []
    for detail_type, detail in events:
        event = {"source": "clickstream.personalize", "detail-type": detail_type, "detail": detail}
        said = detail.get("FailureReason", detail.get("Why", ""))
        found += [(rule.name, said) for rule in _ALERTING if matches(rule.pattern, event)]
    return found
