"""Whether a new version takes over: it must beat the campaign's version and popularity, by both judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from consumers.personalize_sync.evaluation import Evaluation
from consumers.personalize_sync.metrics import Lead

NDCG = "normalized_discounted_cumulative_gain_at_25"
Numbers = dict[str, float | int | str | None]
_HOUR = 3_600.0


class PromotionRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Declared. Margins are shares of what is to be beaten: 0.01 asks for 101 % of its NDCG@25."""

    margin_over_champion: float = 0.01
    margin_over_popularity: float = 0.05
    first_on_metrics: bool = True  # before any version answers, Personalize's metrics are enough
    min_users: int = 100  # of our evaluation
    max_wait_hours: float = 48.0  # for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """`metrics`: of GetSolutionMetrics."""

    arn: str
    metrics: Mapping[str, float]

    @property
    def ndcg(self) -> float:
        return float(self.metrics.get(NDCG, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionFacts:
    """`active_at`: when the candidate became ACTIVE, epoch seconds. `champion`: what the campaign answers with, None
    before there is a campaign. `evaluation`: ours, None until enough users came; `users`: how many did so far."""

    now: float
    candidate: Version
    active_at: float
    champion: Version | None
    popularity: Version | None
    evaluation: Evaluation | None = None
    users: int = 0
    rolled_back: frozenset[str] = field(default_factory=frozenset)  # ARNs


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDecision:
    """wait: for the baseline's version, or for our evaluation; then ask again. hold: never this one."""

    decision: Literal["promote", "hold", "wait"]
    why: str
    numbers: Numbers


def promotion_decision(facts: PromotionFacts, rules: PromotionRules) -> PromotionDecision:
    """Personalize's metrics first: a version that fails by them is held without our own evaluation."""
    numbers = _numbers(facts)
    if facts.candidate.arn in facts.rolled_back:
        return _said("hold", "It was rolled back before: shoppers turned away from it.", numbers)
    if facts.champion is not None and facts.champion.arn == facts.candidate.arn:
        return _said("hold", "The campaign answers with it already.", numbers)
    if facts.popularity is None:
        return _waiting(facts, rules, numbers, "there is no version of popularity to hold it against")
    failures = list(_fails_by_metrics(facts.candidate, facts.champion, facts.popularity, rules))
    if failures:
        return _said("hold", f"By Personalize's metrics, {'; '.join(failures)}.", numbers)
    if facts.champion is None and rules.first_on_metrics:
        return _said("promote", _first(facts.candidate, facts.popularity), numbers)
    return _by_our_evaluation(facts, rules, numbers)


def _by_our_evaluation(facts: PromotionFacts, rules: PromotionRules, numbers: Numbers) -> PromotionDecision:
    found, champion = facts.evaluation, facts.champion
    against = champion.arn if champion else ""
    if found is None or found.users < rules.min_users or found.champion_arn != against:
        users = facts.users if found is None else found.users
        return _waiting(facts, rules, numbers, f"{users:,} of {rules.min_users:,} users came since it was asked")
    failures = list(_fails_by_ours(found, rules))
    if failures:
        return _said("hold", f"On what {found.users:,} users did next, {'; '.join(failures)}.", numbers)
    beaten = "the champion and popularity" if champion else "popularity"
    return _said(
        "promote",
        f"It beats {beaten} by Personalize's metrics (NDCG@25 {facts.candidate.ndcg:.4f}) and on what "
        f"{found.users:,} users did next (NDCG@25 {found.candidate.ndcg_at_25:.4f}).",
        numbers,
    )


def _fails_by_metrics(
    candidate: Version, champion: Version | None, popularity: Version, rules: PromotionRules
) -> Iterator[str]:
    for name, other, margin in (
        ("the champion's", champion, rules.margin_over_champion),
        ("popularity's", popularity, rules.margin_over_popularity),
    ):
        # Of two that find nothing neither beats the other.
        if other is not None and not candidate.ndcg > other.ndcg * (1 + margin):
            yield f"NDCG@25 {candidate.ndcg:.4f} is not {margin:.0%} above {name} {other.ndcg:.4f}"


def _fails_by_ours(found: Evaluation, rules: PromotionRules) -> Iterator[str]:
    for name, lead, margin in (
        ("the champion's", found.over_champion, rules.margin_over_champion),
        ("popularity's", found.over_popularity, rules.margin_over_popularity),
    ):
        if lead is None:
            continue
        if not lead.mean > lead.of * margin:
            yield f"NDCG@25 {found.candidate.ndcg_at_25:.4f} is not {margin:.0%} above {name} {lead.of:.4f}"
        elif lead.low <= 0:
            yield (
                f"its lead of {lead.mean:.4f} over {name} NDCG@25 may be chance: with 95 % confidence it is only "
                f"over {lead.low:.4f}"
            )


def _waiting(facts: PromotionFacts, rules: PromotionRules, numbers: Numbers, what: str) -> PromotionDecision:
    hours = (facts.now - facts.active_at) / _HOUR
    if hours >= rules.max_wait_hours:
        return _said("hold", f"For lack of evidence: {what}, in {hours:.0f} hours.", numbers)
    return _said("wait", f"{what[0].upper()}{what[1:]}; {hours:.1f} of {rules.max_wait_hours:g} hours.", numbers)


def _first(candidate: Version, popularity: Version) -> str:
    return (
        f"No version answers yet, so there is nothing else to lose: it beats popularity by Personalize's metrics alone "
        f"(NDCG@25 {candidate.ndcg:.4f} against {popularity.ndcg:.4f}), as first_on_metrics declares."
    )


def _numbers(facts: PromotionFacts) -> Numbers:
    versions = {"candidate": facts.candidate, "champion": facts.champion, "popularity": facts.popularity}
    found: Numbers = {f"metrics_{name}": round(v.ndcg, 6) for name, v in versions.items() if v is not None}
    ours = facts.evaluation
    if ours is None:
        return found | {"users": facts.users}
    leads = {"champion": ours.over_champion, "popularity": ours.over_popularity}
    found |= {"users": ours.users, "ours_candidate": ours.candidate.ndcg_at_25}
    for name, lead in leads.items():
        found |= _of_lead(name, lead) if lead else {}
    return found


def _of_lead(name: str, lead: Lead) -> Numbers:
    return {f"ours_{name}": lead.of, f"lead_over_{name}": lead.mean, f"least_lead_over_{name}": lead.low}


def _said(decision: Literal["promote", "hold", "wait"], why: str, numbers: Numbers) -> PromotionDecision:
    return PromotionDecision(decision=decision, why=why, numbers=numbers)
