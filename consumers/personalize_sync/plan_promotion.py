"""Which version a campaign answers with: the newest that beat the one before, while shoppers stay with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from consumers.personalize_sync.asking import Asking
from consumers.personalize_sync.campaigns import HELD, PROMOTED, Seat, decided, promotion_key, seats
from consumers.personalize_sync.desired import Desired
from consumers.personalize_sync.evidence import Evidence
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Plan, Records, wait
from consumers.personalize_sync.plan_guard import plan_guard
from consumers.personalize_sync.promotion import PromotionFacts, Version, promotion_decision
from consumers.personalize_sync.publications import Missing, Shelf
from consumers.personalize_sync.world import Resource, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoting:
    """What promotions are planned by."""

    names: Names
    desired: Desired
    records: Records
    evidence: Evidence
    asking: Asking


def plan_promotion(world: World, shelf: Shelf, by: Promoting, now: float) -> Plan:
    found = seats(world, by.desired, by.names, by.records)
    return Plan.joined(_of_seat(seat, world, shelf, by, now) for seat in found)


def _of_seat(seat: Seat, world: World, shelf: Shelf, by: Promoting, now: float) -> Plan:
    if seat.is_changing:
        return wait(f"campaign {seat.name} is changing")
    if seat.has_failed:
        return wait(f"campaign {seat.name} failed and waits for another version")
    told = Plan(tell=(promotion_key(seat.arn, seat.served),))
    guarded = plan_guard(seat, world, by.desired.guard, by.evidence, now)
    if guarded.calls or seat.candidate is None:
        return Plan.joined([told, guarded])
    return Plan.joined([told, guarded, _of_candidate(seat, seat.candidate, world, shelf, by, now)])


def _of_candidate(seat: Seat, candidate: Resource, world: World, shelf: Shelf, by: Promoting, now: float) -> Plan:
    if candidate.arn == seat.served:
        return _provisioned(seat)
    noted = seat.promotion(candidate.arn)
    if noted is None:
        return _decide(seat, candidate, world, shelf, by, now)
    if noted.decision.decision != PROMOTED or seat.is_rolled_back(candidate.arn):
        return Plan()
    change = seat.campaign.change if seat.campaign else None
    if change and change.to == candidate.arn and change.is_failed:
        return wait(f"campaign {seat.name} did not take {candidate.arn}: {change.failure}")
    return Plan(calls=(seat.change_to(candidate.arn, noted.decision),))


def _provisioned(seat: Seat) -> Plan:
    """With the capacity that is declared."""
    if seat.campaign is None or seat.campaign.min_tps == seat.wanted.min_provisioned_tps:
        return Plan()
    return Plan(calls=(seat.change_to(seat.served, None),))


def _decide(seat: Seat, candidate: Resource, world: World, shelf: Shelf, by: Promoting, now: float) -> Plan:
    facts, rules = _facts(seat, candidate, world, by, now), by.desired.promotion
    decision, plan = promotion_decision(facts, rules), Plan()
    if decision.decision == "wait" and facts.popularity is not None:
        plan, facts = _with_ours(facts, shelf, by)
        decision = promotion_decision(facts, rules)
    if decision.decision == "wait":
        return Plan.joined([plan, wait(f"{candidate.arn} is not promoted yet: {decision.why}")])
    word = PROMOTED if decision.decision == "promote" else HELD
    said = decided(seat, word, version=candidate.arn, replaces=seat.served, said=decision)
    if word == HELD:
        return Plan(decisions=(said,), seen=plan.seen)
    return Plan(calls=(seat.change_to(candidate.arn, said),), seen=plan.seen)


def _with_ours(facts: PromotionFacts, shelf: Shelf, by: Promoting) -> tuple[Plan, PromotionFacts]:
    """What is to be done for our own evaluation, and the facts with what it has come to."""
    candidate, champion = facts.candidate.arn, facts.champion.arn if facts.champion else ""
    popularity = facts.popularity.arn if facts.popularity else ""
    publications = shelf.get("interactions", ())
    try:
        plan, asked = by.asking.ask(candidate, champion, popularity, publications)
        if asked is None:
            return plan, facts
        catalog = max((p.rows for p in shelf.get("items", ()) if p.is_full), default=0)
        least = by.desired.promotion.min_users
        found, users = by.evidence.judged(asked, publications, min_users=least, catalog=catalog)
    except Missing as missing:
        return wait(f"{candidate} cannot be judged: {missing}"), facts
    return plan, replace(facts, evaluation=found, users=users)


def _facts(seat: Seat, candidate: Resource, world: World, by: Promoting, now: float) -> PromotionFacts:
    popularity = _baseline(world.versions.get(seat.wanted.baseline, ()))
    return PromotionFacts(
        now=now,
        candidate=_version(candidate.arn, by),
        active_at=candidate.updated,
        champion=_version(seat.served, by) if seat.served else None,
        popularity=_version(popularity.arn, by) if popularity else None,
        rolled_back=frozenset({candidate.arn} if seat.is_rolled_back(candidate.arn) else ()),
    )


def _baseline(versions: Sequence[Resource]) -> Resource | None:
    """The newest; None while it is being trained, since that one is to be beaten."""
    if versions and versions[-1].is_pending:
        return None
    return next((version for version in reversed(versions) if version.is_active), None)


def _version(arn: str, by: Promoting) -> Version:
    return Version(arn=arn, metrics=by.evidence.metrics(arn))
