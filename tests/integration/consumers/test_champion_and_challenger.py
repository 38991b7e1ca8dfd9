"""Challengers that are worse, better or popular, trained by the emulator; and a promotion that shoppers turn from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from consumers.personalize_sync.guard import Bucket, GuardFacts, GuardRules, clicks_around, guard_decision
from consumers.personalize_sync.promotion import NDCG, PromotionFacts, PromotionRules, Version, promotion_decision
from tests.support.challenger_arena import START, USERS, VISITS, Arena, one_for_all, shuffled, visits
from tests.support.personalize_server import Server, running, s3_server

pytestmark = pytest.mark.integration

ROWS = visits(seed=1, start=START, each=VISITS)
PERSONAL, POPULAR = "aws-user-personalization-v2", "aws-popularity-count"


@dataclass(frozen=True)
class Trained:
    """Versions of one solution, by what they were trained on."""

    arena: Arena
    good: Version  # the data as it is
    shuffled: Version
    mistaken: Version  # everybody taken for somebody else: it finds as much to learn, and all of it is wrong
    popular: Version


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with s3_server() as s3, running(tmp_path_factory.mktemp("personalize"), s3) as server:
        yield server


@pytest.fixture(scope="module")
def trained(server: Server) -> Trained:
    arena = Arena(server, "arena")
    arena.imported(ROWS)
    good, popular = arena.trained(PERSONAL), arena.trained(POPULAR)
    arena.imported(shuffled(ROWS))
    noise = arena.trained(PERSONAL)
    arena.imported(visits(seed=1, start=START, each=VISITS, wrong=True))
    return Trained(arena, good, noise, arena.trained(PERSONAL), popular)


def contest(candidate: Version, champion: Version | None, popularity: Version) -> PromotionFacts:
    now = time.time()
    return PromotionFacts(now=now, active_at=now - 60, candidate=candidate, champion=champion, popularity=popularity)


def judged(of: Trained, candidate: Version, champion: Version) -> PromotionFacts:
    facts = contest(candidate, champion, of.popular)
    found = of.arena.evaluated(candidate, champion, of.popular)
    return replace(facts, evaluation=found, users=found.users)


def test_a_challenger_trained_on_shuffled_interactions_is_held_by_personalizes_metrics(trained: Trained) -> None:
    decision = promotion_decision(contest(trained.shuffled, trained.good, trained.popular), PromotionRules())

    assert decision.decision == "hold"
    assert "above the champion's" in decision.why
    assert decision.why.startswith("By Personalize's metrics")


@pytest.mark.parametrize("name", ["shuffled", "mistaken"])
def test_a_worse_challenger_is_held_by_what_users_did_next_however_good_its_metrics_look(
    trained: Trained, name: str
) -> None:
    worse = replace(getattr(trained, name), metrics={NDCG: 0.99})
    facts = judged(trained, worse, trained.good)

    decision = promotion_decision(facts, PromotionRules())

    assert facts.users == USERS
    assert decision.decision == "hold"
    assert "users did next" in decision.why
    assert "above the champion's" in decision.why


def test_a_better_challenger_is_promoted_by_both_judges(trained: Trained) -> None:
    facts = judged(trained, trained.good, trained.shuffled)

    decision = promotion_decision(facts, PromotionRules())

    assert decision.decision == "promote", decision.why
    assert float(decision.numbers["least_lead_over_champion"] or 0) > 0
    assert float(decision.numbers["least_lead_over_popularity"] or 0) > 0


def test_the_first_version_is_promoted_where_it_beats_popularity(trained: Trained) -> None:
    facts = contest(trained.good, None, trained.popular)

    assert promotion_decision(facts, PromotionRules()).decision == "promote"


def test_where_popularity_is_best_nothing_else_is_promoted(server: Server) -> None:
    arena = Arena(server, "fashion")
    arena.imported(one_for_all(ROWS))
    popular = arena.trained(POPULAR)
    arena.imported(shuffled(ROWS))
    noise = arena.trained(PERSONAL)

    decision = promotion_decision(contest(noise, None, popular), PromotionRules())

    assert decision.decision == "hold"
    assert "above popularity's" in decision.why


def test_a_promoted_version_that_shoppers_turn_away_from_is_rolled_back(trained: Trained) -> None:
    walk, rules = trained.arena.walk, GuardRules(min_shown=USERS)
    campaign = walk.campaign(trained.good.arn)
    before = clicked(trained.arena, campaign)
    serve(trained.arena, campaign, trained.mistaken.arn)
    after = clicked(trained.arena, campaign)
    promoted_at = 1_795_400_100.0
    buckets = [
        Bucket(start=promoted_at - 600, shown=USERS, clicked=before),
        Bucket(start=promoted_at + 300, shown=USERS, clicked=after),
    ]

    past, present = clicks_around(buckets, promoted_at, rules)
    facts = GuardFacts(now=promoted_at + 900, promoted_at=promoted_at, before=past, after=present)
    decision = guard_decision(facts, rules)

    assert decision.decision == "roll_back", decision.why
    serve(trained.arena, campaign, trained.good.arn)
    assert clicked(trained.arena, campaign) == before
    again = replace(judged(trained, trained.mistaken, trained.shuffled), rolled_back=frozenset({trained.mistaken.arn}))
    assert promotion_decision(again, PromotionRules()).why == "It was rolled back before: shoppers turned away from it."


def clicked(arena: Arena, campaign: str) -> int:
    """How many users find something of their taste in the first place of their list."""
    lists = [arena.walk.recommended(campaign, userId=f"u-{user}", numResults=1) for user in range(USERS)]
    return sum(int(items[0].removeprefix("i-")) % 5 == user % 5 for user, items in enumerate(lists))


def serve(arena: Arena, campaign: str, version: str) -> None:
    arena.walk.personalize.update_campaign(campaignArn=campaign, solutionVersionArn=version)
    while True:
        found = arena.walk.personalize.describe_campaign(campaignArn=campaign)["campaign"]
        if found["solutionVersionArn"] == version and found["latestCampaignUpdate"]["status"] == "ACTIVE":
            return
        time.sleep(0.05)
