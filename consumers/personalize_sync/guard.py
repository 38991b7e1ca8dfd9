"""Whether a promoted version stays: click-through since its promotion, held against the time before."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

BUCKET_SECONDS = 300.0
_HOUR = 3_600.0
_CONFIDENT = 0.01  # of a drop so large by chance alone


class GuardRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Declared. `max_drop`: share of the click-through before that may be lost."""

    window_hours: float = 24.0  # before, and after
    min_shown: int = 1_000  # recommended lists, in each
    max_drop: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Five minutes: recommendations that were shown, and clicked."""

    start: float  # epoch seconds
    shown: int
    clicked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    shown: int = 0
    clicked: int = 0

    @property
    def rate(self) -> float:
        return self.clicked / self.shown if self.shown else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """`promoted_at`: when the campaign began to answer with the version. `before`, `after`: see `clicks_around`."""

    now: float
    promoted_at: float
    before: Clicks
    after: Clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardDecision:
    """wait: ask again; keep: the watch is over, it stays."""

    decision: Literal["roll_back", "keep", "wait"]
    why: str
    numbers: dict[str, float | int]


def clicks_around(buckets: Iterable[Bucket], promoted_at: float, rules: GuardRules) -> tuple[Clicks, Clicks]:
    """Before and since the promotion, within the window; the five minutes in which it fell count for neither."""
    window = rules.window_hours * _HOUR
    before, after = [], []
    for bucket in buckets:
        end = bucket.start + BUCKET_SECONDS
        if promoted_at - window <= bucket.start and end <= promoted_at:
            before.append(bucket)
        elif promoted_at <= bucket.start and end <= promoted_at + window:
            after.append(bucket)
    return _sum(before), _sum(after)


def guard_decision(facts: GuardFacts, rules: GuardRules) -> GuardDecision:
    """Rolls back on a drop that is both larger than declared and no chance; never on few exposures."""
    before, after = facts.before, facts.after
    hours = (facts.now - facts.promoted_at) / _HOUR
    drop = 1 - after.rate / before.rate if before.rate else 0.0
    chance = _by_chance(before, after)
    numbers: dict[str, float | int] = {
        "shown_before": before.shown,
        "clicked_before": before.clicked,
        "shown_after": after.shown,
        "clicked_after": after.clicked,
        "rate_before": round(before.rate, 6),
        "rate_after": round(after.rate, 6),
        "drop": round(drop, 4),
        "chance": round(chance, 6),
        "hours": round(hours, 2),
    }
    said = f"click-through is {after.rate:.2%} of {after.shown:,} shown, {before.rate:.2%} of {before.shown:,} before"
    enough = min(before.shown, after.shown) >= rules.min_shown
    over = hours >= rules.window_hours
    if enough and drop > rules.max_drop and chance < _CONFIDENT:
        why = (
            f"Rolled back: {said}, a drop of {drop:.0%} where {rules.max_drop:.0%} is allowed; by chance {chance:.1e}."
        )
        return GuardDecision(decision="roll_back", why=why, numbers=numbers)
    if over:
        proof = said if enough else f"{said}, too few of {rules.min_shown:,} to tell"
        return GuardDecision(
            decision="keep", why=f"The watch of {rules.window_hours:g} hours is over: {proof}.", numbers=numbers
        )
    why = f"Watching, {hours:.1f} of {rules.window_hours:g} hours: {said}; it takes {rules.min_shown:,} in each."
    return GuardDecision(decision="wait", why=why, numbers=numbers)


def _sum(buckets: list[Bucket]) -> Clicks:
    # One bucket is counted on each shard of the stream, and a click may fall into a later one than its list.
    return Clicks(shown=sum(b.shown for b in buckets), clicked=sum(b.clicked for b in buckets))


def _by_chance(before: Clicks, after: Clicks) -> float:
    """Of so low a rate after, were nothing different: the two-proportion z-test, one-sided."""
    shown = before.shown + after.shown
    if not before.shown or not after.shown:
        return 1.0
    pooled = (before.clicked + after.clicked) / shown
    spread = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / before.shown + 1 / after.shown))
    return 0.5 * math.erfc((before.rate - after.rate) / spread / math.sqrt(2)) if spread else 1.0
