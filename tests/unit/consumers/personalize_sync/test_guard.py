"""When a promoted version goes back."""

from __future__ import annotations

import pytest

from consumers.personalize_sync.guard import Bucket, Clicks, GuardFacts, GuardRules, clicks_around, guard_decision
from tests.support.challenger_facts import HOUR, NOW

pytestmark = pytest.mark.unit

BEFORE = Clicks(shown=20_000, clicked=1_000)


def decided(after: Clicks, *, before: Clicks = BEFORE, hours: float = 2.0) -> tuple[str, str]:
    facts = GuardFacts(now=NOW, promoted_at=NOW - hours * HOUR, before=before, after=after)
    decision = guard_decision(facts, GuardRules())
    return decision.decision, decision.why


def test_a_collapse_of_click_through_rolls_back_with_its_numbers() -> None:
    facts = GuardFacts(now=NOW, promoted_at=NOW - 2 * HOUR, before=BEFORE, after=Clicks(shown=2_000, clicked=40))

    decision = guard_decision(facts, GuardRules())

    assert decision.decision == "roll_back"
    assert decision.why == (
        "Rolled back: click-through is 2.00% of 2,000 shown, 5.00% of 20,000 before, a drop of 60% where 30% is "
        "allowed; by chance 8.3e-10."
    )
    assert decision.numbers == {
        "shown_before": 20_000,
        "clicked_before": 1_000,
        "shown_after": 2_000,
        "clicked_after": 40,
        "rate_before": 0.05,
        "rate_after": 0.02,
        "drop": 0.6,
        "chance": 0.0,
        "hours": 2.0,
    }


def test_a_collapse_seen_by_few_is_waited_on() -> None:
    assert decided(Clicks(shown=999, clicked=0)) == (
        "wait",
        (
            "Watching, 2.0 of 24 hours: click-through is 0.00% of 999 shown, 5.00% of 20,000 before; it takes 1,000 in "
            "each."
        ),
    )


def test_a_drop_within_what_is_declared_stays() -> None:
    assert decided(Clicks(shown=100_000, clicked=3_600))[0] == "wait"
    assert decided(Clicks(shown=100_000, clicked=3_600), hours=24)[0] == "keep"


def test_a_large_drop_that_may_be_chance_stays() -> None:
    rare = Clicks(shown=1_000, clicked=5)

    assert decided(Clicks(shown=1_000, clicked=3), before=rare)[0] == "wait"


def test_a_rise_is_no_reason() -> None:
    assert decided(Clicks(shown=2_000, clicked=200))[0] == "wait"


def test_without_a_time_before_there_is_nothing_to_hold_it_against() -> None:
    after = Clicks(shown=50_000, clicked=0)

    assert decided(after, before=Clicks())[0] == "wait"
    assert decided(after, before=Clicks(), hours=24) == (
        "keep",
        (
            "The watch of 24 hours is over: click-through is 0.00% of 50,000 shown, 0.00% of 0 before, too few of "
            "1,000 to tell."
        ),
    )


def test_more_clicks_than_lists_do_no_harm() -> None:
    assert decided(Clicks(shown=2_000, clicked=4_000), before=Clicks(shown=2_000, clicked=3_999))[0] == "wait"


def test_the_five_minutes_of_the_promotion_count_for_neither_side() -> None:
    promoted = 9_150.0  # amid 9,000 to 9,300
    buckets = [Bucket(start=start, shown=10, clicked=1) for start in (8_400.0, 8_700.0, 9_000.0, 9_300.0)]

    assert clicks_around(buckets, promoted, GuardRules()) == (
        Clicks(shown=20, clicked=2),
        Clicks(shown=10, clicked=1),
    )


def test_what_lies_beyond_the_window_does_not_count() -> None:
    rules = GuardRules(window_hours=1)
    promoted = 10 * HOUR
    starts = (promoted - HOUR - 300, promoted - HOUR, promoted, promoted + HOUR - 300, promoted + HOUR)
    buckets = [Bucket(start=start, shown=1, clicked=0) for start in starts]

    assert clicks_around(buckets, promoted, rules) == (Clicks(shown=1), Clicks(shown=2))
