"""What a rule of the gate is: a measure within bounds, with why and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract.manifest import FULL, INCREMENTAL
from glue_jobs.gate.model import Severity

INTERACTIONS, ITEMS, USERS = "Interactions", "Items", "Users"
CATALOG = (ITEMS, USERS)
EVERY = (INTERACTIONS, ITEMS, USERS)

Bound = float | str | Mapping[str, str]
"""A number, a setting's name, or a setting's name by dataset or mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rules without a bound of their own count bad things, of which there may be none."""

    id: str
    measure: str
    why: str
    way_out: str
    datasets: tuple[str, ...] = EVERY
    modes: tuple[str, ...] = (FULL, INCREMENTAL)
    severity: Severity = Severity.STOP
    minimum: Bound | None = None
    maximum: Bound | None = None

    @property
    def counts_offences(self) -> bool:
        return self.minimum is None and self.maximum is None


def table(*rules: Rule) -> dict[str, Rule]:
    """By id, in their order."""
    return {rule.id: rule for rule in rules}
