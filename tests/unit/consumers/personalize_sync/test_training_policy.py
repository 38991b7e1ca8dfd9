"""When to train, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.personalize_sync.data_profile import DataProfile, profile_of
from consumers.personalize_sync.policy import TrainingFacts, TrainingPolicy, training_decision
from contract.manifest import INCREMENTAL
from tests.support.challenger_facts import DAY, HOUR, NOW, data, manifest, shares

pytestmark = pytest.mark.unit


def facts(**more: Any) -> TrainingFacts:
    """A day after the last training, without news."""
    base: dict[str, Any] = {"now": NOW, "data": data(), "trained_on": data(), "trained_at": NOW - DAY}
    return TrainingFacts(**base | more)


def decided(of: TrainingFacts, **policy: Any) -> tuple[bool, str]:
    decision = training_decision(of, TrainingPolicy(**policy))
    return decision.train, decision.why


def test_the_first_version_is_trained_as_soon_as_there_is_enough() -> None:
    first = facts(trained_on=None, trained_at=None, price_usd=0.02)

    assert decided(first) == (
        True,
        "There is no version yet, and 10,000 interactions to train on. The training costs about $0.02.",
    )


def test_where_nobody_noted_what_the_newest_version_knows_another_is_trained() -> None:
    train, why = decided(facts(trained_on=None))

    assert train
    assert why.startswith("Nobody noted what the newest version was trained on; there are 10,000 interactions. ")


def test_without_news_it_says_how_little_moved() -> None:
    decision = training_decision(facts(), TrainingPolicy())

    assert decision.train is False
    assert decision.why == (
        "0 new interactions (0.0%, under 10.0%); popularity moved by 0.00 and the mix of events by 0.00 (stability "
        "index; limits 0.20 and 0.20); the model is 1.0 of 7 days old."
    )
    assert decision.numbers == {
        "interactions": 10_000,
        "active_users": 400,
        "active_share": 0.8,
        "new_interactions": 0,
        "new_share": 0.0,
        "psi_popularity": 0.0,
        "psi_event_mix": 0.0,
        "age_hours": 24.0,
        "price_usd": 0.0,
        "spent_usd": 0.0,
        "budget_usd": 50.0,
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [(10_999, "999 new"), (11_000, "1,000 new interactions are")],
    ids=["under the declared share", "at the declared share"],
)
def test_enough_new_interactions_are_a_reason(rows: int, said: str) -> None:
    train, why = decided(facts(data=data(rows)))

    assert train is ("are" in said)
    assert why.startswith(said)


def test_the_reason_has_its_numbers() -> None:
    assert decided(facts(data=data(12_000), price_usd=3.5))[1] == (
        "2,000 new interactions are 20.0% more, of 10.0% that it takes. The training costs about $3.50."
    )


def test_popularity_that_moved_is_a_reason() -> None:
    moved = data(10_100, top_items=shares(c=0.5, a=0.01))

    train, why = decided(facts(data=moved))

    assert train
    assert why.startswith("Popularity moved: stability index ")


def test_a_mix_of_events_that_moved_is_a_reason() -> None:
    moved = data(10_100, event_types=shares(view=0.2, purchase=0.8))

    train, why = decided(facts(data=moved))

    assert train
    assert why.startswith("The mix of events moved: stability index 1.66, over 0.20")


def test_an_old_model_is_a_reason_once_there_is_news() -> None:
    assert decided(facts(trained_at=NOW - 8 * DAY))[0] is False
    assert decided(facts(trained_at=NOW - 8 * DAY, data=data(10_001)))[1] == (
        "The model is 8.0 days old, over 7, and there is news. The training costs about $0.00."
    )


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (data(999), "There are 999 interactions; a training takes 1,000 or more."),
        (data(active_users=24), "24 users have two interactions or more; a training takes 25."),
        (
            data(users=50_000),
            "0.80% of 50,000 users have two interactions or more; a training takes 1%.",
        ),
    ],
    ids=["interactions", "active users", "active share"],
)
def test_data_that_personalize_would_fail_on_is_not_trained_on(found: DataProfile, why: str) -> None:
    assert decided(facts(data=found, trained_on=None, trained_at=None)) == (False, why)


def test_a_training_that_failed_is_not_tried_again_on_the_same_data() -> None:
    failed = facts(failure="Create failed.", trained_at=NOW - 10 * DAY)

    assert decided(failed) == (False, "The last training failed (Create failed.), and there is nothing new since.")
    assert decided(facts(failure="Create failed.", trained_at=NOW - 10 * DAY, data=data(10_001)))[0] is True


def test_trainings_keep_a_distance() -> None:
    soon = facts(data=data(20_000), trained_at=NOW - 2 * HOUR)

    assert decided(soon) == (False, "The newest version is 2.0 hours old; the policy waits 6.")


def test_the_monthly_budget_is_not_exceeded() -> None:
    dear = facts(data=data(20_000), price_usd=10.0, spent_usd=41.0)

    assert decided(dear) == (
        False,
        "A training costs about $10.00; with $41.00 spent this month that is over the budget of $50.00.",
    )
    assert decided(dear, monthly_budget_usd=51.0)[0] is True


def test_publications_since_the_last_full_one_are_one_dataset() -> None:
    profile = {"users": 100, "active_users": 60, "oldest": 1_000, "newest": 2_000}
    old = manifest(1, rows=99)
    full = manifest(2, rows=300, profile=profile | {"event_types": shares(view=1.0), "top_items": shares(a=0.5, b=0.5)})
    added = manifest(
        3,
        mode=INCREMENTAL,
        rows=100,
        profile={"users": 10, "active_users": 5, "oldest": 1_900, "newest": 2_600}
        | {"event_types": shares(click=1.0), "top_items": shares(a=1.0)},
    )

    assert profile_of([old, full, added]) == DataProfile(
        rows=400,
        users=100,
        active_users=60,
        oldest=1_000,
        newest=2_600,
        size=32_000,
        event_types={"shares": {"view": 0.75, "click": 0.25}, "rest": 0.0, "empty": 0.0},
        top_items={"shares": {"a": 0.625, "b": 0.375}, "rest": 0.0, "empty": 0.0},
    )


def test_manifests_of_before_the_profile_counted_users_tell_by_the_gate() -> None:
    gate = ({"rule": "active_users_minimum", "measured": 50.0}, {"rule": "active_users_share", "measured": 0.25})

    found = profile_of([manifest(gate=gate, profile={"rows": 10_000})])

    assert (found.users, found.active_users) == (200, 50)


def test_nothing_imported_is_an_empty_profile() -> None:
    assert profile_of([]) == DataProfile()
