"""Which version takes over, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.personalize_sync.metrics import Lead
from consumers.personalize_sync.promotion import PromotionRules, promotion_decision
from tests.support.challenger_facts import HOUR, NOW, contest, evaluation, version

pytestmark = pytest.mark.unit


def decided(*, rules: PromotionRules | None = None, **more: Any) -> tuple[str, str]:
    decision = promotion_decision(contest(**more), rules or PromotionRules())
    return decision.decision, decision.why


def test_a_version_that_beats_both_by_both_judges_is_promoted() -> None:
    decision = promotion_decision(contest(evaluation=evaluation()), PromotionRules())

    assert (decision.decision, decision.why) == (
        "promote",
        (
            "It beats the champion and popularity by Personalize's metrics (NDCG@25 0.3000) and on what 200 users did "
            "next (NDCG@25 0.1200)."
        ),
    )
    assert decision.numbers == {
        "metrics_candidate": 0.3,
        "metrics_champion": 0.25,
        "metrics_popularity": 0.1,
        "users": 200,
        "ours_candidate": 0.12,
        "ours_champion": 0.1,
        "lead_over_champion": 0.02,
        "least_lead_over_champion": 0.015,
        "ours_popularity": 0.08,
        "lead_over_popularity": 0.04,
        "least_lead_over_popularity": 0.035,
    }


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (0.2520, "By Personalize's metrics, NDCG@25 0.2520 is not 1% above the champion's 0.2500."),
        (
            0.10,
            (
                "By Personalize's metrics, NDCG@25 0.1000 is not 1% above the champion's 0.2500; NDCG@25 0.1000 is not "
                "5% above popularity's 0.1000."
            ),
        ),
    ],
    ids=["within the margin", "below both"],
)
def test_who_fails_by_personalizes_metrics_is_held_without_our_evaluation(candidate: float, why: str) -> None:
    assert decided(candidate=version("candidate", candidate)) == ("hold", why)


def test_who_is_no_better_than_the_champion_on_the_last_day_is_held() -> None:
    assert decided(evaluation=evaluation(candidate=0.1005)) == (
        "hold",
        "On what 200 users did next, NDCG@25 0.1005 is not 1% above the champion's 0.1000.",
    )


def test_who_is_worse_than_popularity_on_the_last_day_is_held() -> None:
    assert decided(evaluation=evaluation(popularity=0.13)) == (
        "hold",
        "On what 200 users did next, NDCG@25 0.1200 is not 5% above popularity's 0.1300.",
    )


def test_a_lead_that_may_be_chance_is_none() -> None:
    noisy = evaluation(over_champion=Lead(of=0.10, mean=0.02, low=-0.003))

    assert decided(evaluation=noisy) == (
        "hold",
        (
            "On what 200 users did next, its lead of 0.0200 over the champion's NDCG@25 may be chance: with 95 % "
            "confidence it is only over -0.0030."
        ),
    )


def test_until_enough_users_came_it_waits_and_then_it_is_held_for_lack_of_evidence() -> None:
    assert decided(users=30) == ("wait", "30 of 100 users came since it was asked; 1.0 of 48 hours.")
    assert decided(users=30, active_at=NOW - 48 * HOUR) == (
        "hold",
        "For lack of evidence: 30 of 100 users came since it was asked, in 48 hours.",
    )


def test_an_evaluation_on_too_few_users_does_not_count() -> None:
    assert decided(evaluation=evaluation(users=99))[0] == "wait"


def test_an_evaluation_against_another_champion_does_not_count() -> None:
    assert decided(evaluation=evaluation(champion_arn="the one before"))[0] == "wait"


def test_the_first_version_is_promoted_on_personalizes_metrics_alone_and_says_so() -> None:
    assert decided(champion=None) == (
        "promote",
        (
            "No version answers yet, so there is nothing else to lose: it beats popularity by Personalize's metrics "
            "alone (NDCG@25 0.3000 against 0.1000), as first_on_metrics declares."
        ),
    )


def test_the_first_version_too_must_beat_popularity() -> None:
    assert decided(champion=None, popularity=version("popularity", 0.5))[0] == "hold"


def test_where_it_is_declared_the_first_version_waits_for_our_evaluation() -> None:
    rules = PromotionRules(first_on_metrics=False)

    assert decided(champion=None, rules=rules)[0] == "wait"
    assert decided(champion=None, rules=rules, evaluation=evaluation(champion=None))[0] == "promote"
    assert decided(champion=None, rules=rules, evaluation=evaluation(champion=None, popularity=0.2))[0] == "hold"


def test_without_a_version_of_popularity_it_waits() -> None:
    assert decided(popularity=None) == (
        "wait",
        "There is no version of popularity to hold it against; 1.0 of 48 hours.",
    )


def test_what_was_rolled_back_is_never_promoted_again() -> None:
    assert decided(evaluation=evaluation(), rolled_back=frozenset({"candidate"})) == (
        "hold",
        "It was rolled back before: shoppers turned away from it.",
    )


def test_what_answers_already_is_not_promoted() -> None:
    assert decided(champion=version("candidate", 0.30)) == ("hold", "The campaign answers with it already.")


def test_versions_that_find_nothing_beat_nobody() -> None:
    none = {name: version(name, 0.0) for name in ("candidate", "champion", "popularity")}

    assert decided(**none, rules=PromotionRules(margin_over_champion=0, margin_over_popularity=0))[0] == "hold"
