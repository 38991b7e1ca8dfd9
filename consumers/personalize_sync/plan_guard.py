"""The watch over a version after its promotion: back to the one before where shoppers turn away."""

from __future__ import annotations

from consumers.personalize_sync.campaigns import KEPT, ROLLED_BACK, Seat, decided
from consumers.personalize_sync.evidence import Evidence
from consumers.personalize_sync.guard import (
    BUCKET_SECONDS,
    GuardDecision,
    GuardFacts,
    GuardRules,
    clicks_around,
    guard_decision,
)
from consumers.personalize_sync.plan import Plan, wait
from consumers.personalize_sync.world import World

_HOUR = 3_600.0


def plan_guard(seat: Seat, world: World, rules: GuardRules, evidence: Evidence, now: float) -> Plan:
    """Nothing for a version that replaced none, or whose watch is over."""
    promotion = seat.promotion(seat.served) if seat.served else None
    replaces = str(promotion.decision.facts["replaces"]) if promotion else ""
    if not replaces:
        return Plan()
    ended = seat.watch(seat.served)
    if ended:
        back = ended.decision.decision == ROLLED_BACK
        return Plan(calls=(seat.change_to(replaces, ended.decision),)) if back else Plan()
    decision = _judge(seat, rules, evidence, now)
    if decision.decision == "wait":
        return Plan()
    before = world.version(replaces)
    if decision.decision == "roll_back" and (before is None or not before.is_active):
        return wait(f"campaign {seat.name} cannot go back to {replaces}, which is not ACTIVE: {decision.why}")
    return _ended(seat, replaces, decision)


def _judge(seat: Seat, rules: GuardRules, evidence: Evidence, now: float) -> GuardDecision:
    assert seat.campaign  # noqa: S101 - one that serves is there
    change = seat.campaign.change
    promoted_at = change.updated if change and change.to == seat.served else seat.campaign.updated
    most = round((2 * rules.window_hours * _HOUR + now - promoted_at) / BUCKET_SECONDS) + 2
    before, after = clicks_around(evidence.clicks(most), promoted_at, rules)
    return guard_decision(GuardFacts(now=now, promoted_at=promoted_at, before=before, after=after), rules)


def _ended(seat: Seat, replaces: str, decision: GuardDecision) -> Plan:
    if decision.decision == "roll_back":
        back = decided(seat, ROLLED_BACK, version=replaces, replaces=seat.served, said=decision)
        return Plan(calls=(seat.change_to(replaces, back),))
    return Plan(decisions=(decided(seat, KEPT, version=seat.served, replaces=replaces, said=decision),))
