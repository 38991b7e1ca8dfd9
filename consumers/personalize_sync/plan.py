"""What a look at the world leads to: calls to make, decisions to note, and what is waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from consumers.personalize_sync.world import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An event for the bus."""

    detail_type: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Made once: `key` says what about. `kind`: import, train, promote, rollback, cost.

    `news` goes out at once, or, where it `keeps_news`, when the plan says so.
    """

    key: str
    kind: str
    decision: str
    why: str
    subject: str  # ARN or name
    numbers: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)  # what later decisions need of it
    news: News | None = None
    keeps_news: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of Personalize's API. `arn`: of what it makes or changes; `decision`: noted before it is made."""

    operation: str
    kind: str
    arn: str
    request: Mapping[str, Any]
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """An object of the bucket for Personalize, put before calls are made."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A decision as it was noted, `at` epoch seconds; `told`: whether its news has gone out."""

    decision: Decision
    at: float
    told: bool


class Records(Protocol):
    """What Personalize cannot tell of itself. Reading may raise `TransientError`."""

    def noted(self, key: str) -> Noted | None: ...

    def is_forced(self, manifest_key: str) -> bool:
        """Whether a person has said that this publication is to be imported, few rows or not."""
        ...

    def refused_at(self, arn: str) -> float | None:
        """When Personalize last refused outright to make or change this."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`seen`: resources beyond the world's that were looked at; `waits`: in words, why something is not done now."""

    puts: tuple[Put, ...] = ()
    calls: tuple[Call, ...] = ()
    decisions: tuple[Decision, ...] = ()
    tell: tuple[str, ...] = ()  # keys of decisions whose news is due
    waits: tuple[str, ...] = ()
    seen: tuple[Resource, ...] = ()

    @staticmethod
    def joined(plans: Iterable[Plan]) -> Plan:
        several = tuple(plans)
        return Plan(
            puts=tuple(put for plan in several for put in plan.puts),
            seen=tuple(resource for plan in several for resource in plan.seen),
            calls=tuple(call for plan in several for call in plan.calls),
            decisions=tuple(decision for plan in several for decision in plan.decisions),
            tell=tuple(key for plan in several for key in plan.tell),
            waits=tuple(why for plan in several for why in plan.waits),
        )


def wait(why: str) -> Plan:
    return Plan(waits=(why,))
