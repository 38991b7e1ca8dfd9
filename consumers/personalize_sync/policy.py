"""Whether to train a solution anew: what is new, how far it moved, how old the model is, and what a training costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from consumers.personalize_sync.data_profile import DataProfile
from contract.drift import stability_index

Numbers = dict[str, float | int | str | None]
_HOUR, _DAY = 3_600.0, 86_400.0


class TrainingPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Declared. The first four each are a reason to train; the next two hold it back; the last three are
    Personalize's own minima (developer guide, "Quotas")."""

    min_new_share: float = 0.1  # of interactions, against those the newest version knows
    max_psi_popularity: float = 0.2  # population stability index
    max_psi_event_mix: float = 0.2
    max_age_days: float = 7.0  # once there is anything new
    min_hours_between: float = 6.0
    monthly_budget_usd: float = 50.0
    min_interactions: int = 1_000
    min_active_users: int = 25  # with two interactions or more
    min_active_share: float = 0.01  # of all users


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFacts:
    """Times in epoch seconds. `trained_at`: when the newest version was created, None where there is none;
    `trained_on`: what was imported then, None where nobody noted it."""

    now: float
    data: DataProfile  # imported and ACTIVE
    trained_on: DataProfile | None = None
    trained_at: float | None = None
    failure: str = ""  # why the newest version failed, if it did
    price_usd: float = 0.0  # of this training
    spent_usd: float = 0.0  # on trainings, this month


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingDecision:
    train: bool
    why: str  # a sentence with its numbers
    numbers: Numbers


def training_decision(facts: TrainingFacts, policy: TrainingPolicy) -> TrainingDecision:
    """Always says why, or why not."""
    numbers = _numbers(facts, policy)
    held = next(_obstacles(facts, policy, numbers), None)
    if held is not None:
        return TrainingDecision(train=False, why=held, numbers=numbers)
    reasons = list(_reasons(facts, policy, numbers))
    said = f"{'; '.join(reasons)}. The training costs about ${facts.price_usd:,.2f}."
    if not reasons:
        return TrainingDecision(train=False, why=_nothing_moved(policy, numbers), numbers=numbers)
    return TrainingDecision(train=True, why=said[0].upper() + said[1:], numbers=numbers)


def _numbers(facts: TrainingFacts, policy: TrainingPolicy) -> Numbers:
    data, before = facts.data, facts.trained_on
    known = before.rows if before else 0
    new = max(data.rows - known, 0)
    moved = known > 0 and data.rows > 0
    return {
        "interactions": data.rows,
        "active_users": data.active_users,
        "active_share": _rounded(data.active_users / data.users) if data.users else None,
        "new_interactions": new,
        "new_share": _rounded(new / known) if known else None,
        "psi_popularity": _rounded(stability_index(before.top_items, data.top_items)) if before and moved else None,
        "psi_event_mix": _rounded(stability_index(before.event_types, data.event_types)) if before and moved else None,
        "age_hours": None if facts.trained_at is None else _rounded((facts.now - facts.trained_at) / _HOUR),
        "price_usd": _rounded(facts.price_usd),
        "spent_usd": _rounded(facts.spent_usd),
        "budget_usd": policy.monthly_budget_usd,
    }


def _obstacles(facts: TrainingFacts, policy: TrainingPolicy, numbers: Numbers) -> Iterator[str]:
    yield from _not_ready(facts.data, policy)
    if facts.failure and not _of(numbers, "new_interactions"):
        yield f"The last training failed ({facts.failure}), and there is nothing new since."
    age = numbers["age_hours"]
    if age is not None and float(age) < policy.min_hours_between:
        yield f"The newest version is {float(age):.1f} hours old; the policy waits {policy.min_hours_between:g}."
    if facts.spent_usd + facts.price_usd > policy.monthly_budget_usd:
        yield (
            f"A training costs about ${facts.price_usd:,.2f}; with ${facts.spent_usd:,.2f} spent this month that is "
            f"over the budget of ${policy.monthly_budget_usd:,.2f}."
        )


def _not_ready(data: DataProfile, policy: TrainingPolicy) -> Iterator[str]:
    """Personalize would find out after an hour, and bill it."""
    if data.rows < policy.min_interactions:
        yield f"There are {data.rows:,} interactions; a training takes {policy.min_interactions:,} or more."
    if data.active_users < policy.min_active_users:
        yield (
            f"{data.active_users:,} users have two interactions or more; a training takes {policy.min_active_users:,}."
        )
    if data.active_users < policy.min_active_share * data.users:
        share = data.active_users / data.users
        yield (
            f"{share:.2%} of {data.users:,} users have two interactions or more; a training takes "
            f"{policy.min_active_share:.0%}."
        )


def _reasons(facts: TrainingFacts, policy: TrainingPolicy, numbers: Numbers) -> Iterator[str]:
    if facts.trained_at is None:
        yield f"there is no version yet, and {facts.data.rows:,} interactions to train on"
        return
    if facts.trained_on is None:
        yield f"nobody noted what the newest version was trained on; there are {facts.data.rows:,} interactions"
        return
    new, share = _of(numbers, "new_interactions"), numbers["new_share"]
    if share is not None and float(share) >= policy.min_new_share:
        yield f"{new:,.0f} new interactions are {float(share):.1%} more, of {policy.min_new_share:.1%} that it takes"
    for name, what, most in (
        ("psi_popularity", "popularity", policy.max_psi_popularity),
        ("psi_event_mix", "the mix of events", policy.max_psi_event_mix),
    ):
        if _of(numbers, name) > most:
            yield f"{what} moved: stability index {_of(numbers, name):.2f}, over {most:.2f}"
    if new and _of(numbers, "age_hours") * _HOUR >= policy.max_age_days * _DAY:
        days = _of(numbers, "age_hours") / 24
        yield f"the model is {days:.1f} days old, over {policy.max_age_days:g}, and there is news"


def _nothing_moved(policy: TrainingPolicy, numbers: Numbers) -> str:
    share = "of none known" if numbers["new_share"] is None else f"{_of(numbers, 'new_share'):.1%}"
    popularity, mix = _of(numbers, "psi_popularity"), _of(numbers, "psi_event_mix")
    return (
        f"{_of(numbers, 'new_interactions'):,.0f} new interactions ({share}, under {policy.min_new_share:.1%}); "
        f"popularity moved by {popularity:.2f} and the mix of events by {mix:.2f} (stability index; limits "
        f"{policy.max_psi_popularity:.2f} and {policy.max_psi_event_mix:.2f}); the model is "
        f"{_of(numbers, 'age_hours') / 24:.1f} of {policy.max_age_days:g} days old."
    )


def _of(numbers: Numbers, name: str) -> float:
    return float(numbers[name] or 0)


def _rounded(value: float) -> float:
    return round(value, 4)
