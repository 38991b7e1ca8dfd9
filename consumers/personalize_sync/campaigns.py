"""What a campaign answers with and what was decided about that, and the calls that change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from consumers.personalize_sync.desired import Desired, WantedCampaign
from consumers.personalize_sync.guard import GuardDecision
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Decision, News, Noted, Records
from consumers.personalize_sync.promotion import PromotionDecision
from consumers.personalize_sync.world import Campaign, Resource, World

PROMOTION_DECIDED: Final = "Personalize Promotion Decided"
PROMOTED, HELD, ROLLED_BACK, KEPT = "promoted", "held", "rolled_back", "kept"


Said = PromotionDecision | GuardDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A campaign, the version that answers in it, and the newest that could."""

    name: str  # full
    arn: str
    wanted: WantedCampaign
    campaign: Campaign | None
    candidate: Resource | None  # the newest ACTIVE version
    records: Records

    @property
    def served(self) -> str:
        """ARN of the version that answers; empty before any does."""
        return self.campaign.version_arn if self.campaign and self.campaign.is_active else ""

    @property
    def is_changing(self) -> bool:
        change = self.campaign.change if self.campaign else None
        return bool(self.campaign and (self.campaign.is_pending or (change and change.is_pending)))

    @property
    def has_failed(self) -> bool:
        """To begin with the newest version there is."""
        campaign, candidate = self.campaign, self.candidate
        return bool(campaign and campaign.is_failed and (not candidate or campaign.version_arn == candidate.arn))

    def promotion(self, version: str) -> Noted | None:
        return self.records.noted(promotion_key(self.arn, version))

    def watch(self, version: str) -> Noted | None:
        """How the watch over a promoted version ended."""
        return self.records.noted(watch_key(self.arn, version))

    def is_rolled_back(self, version: str) -> bool:
        noted = self.watch(version)
        return noted is not None and noted.decision.decision == ROLLED_BACK

    @property
    def is_open(self) -> bool:
        """Whether the newest version has not been judged yet."""
        candidate = self.candidate
        return bool(candidate and candidate.arn != self.served and not self.promotion(candidate.arn))

    def change_to(self, version: str, decision: Decision | None) -> Call:
        """A campaign that is not there begins with it."""
        settings = {"solutionVersionArn": version, "minProvisionedTPS": self.wanted.min_provisioned_tps}
        if self.campaign is None:
            request = {"name": self.name, **settings}
            return Call(operation="CreateCampaign", kind="Campaign", arn=self.arn, request=request, decision=decision)
        request = {"campaignArn": self.arn, **settings}
        return Call(operation="UpdateCampaign", kind="Campaign", arn=self.arn, request=request, decision=decision)


def seats(world: World, desired: Desired, names: Names, records: Records) -> list[Seat]:
    found = []
    for name, wanted in desired.campaigns.items():
        active = [version for version in world.versions.get(wanted.solution, ()) if version.is_active]
        full = names.of(name)
        found.append(
            Seat(
                name=full,
                arn=names.arn("campaign", full),
                wanted=wanted,
                campaign=world.campaigns.get(name),
                candidate=active[-1] if active else None,
                records=records,
            )
        )
    return found


def promotion_key(campaign_arn: str, version_arn: str) -> str:
    return f"promote#{campaign_arn}#{version_arn}"


def watch_key(campaign_arn: str, version_arn: str) -> str:
    return f"rollback#{campaign_arn}#{version_arn}"


def decided(seat: Seat, word: str, *, version: str, replaces: str, said: Said) -> Decision:
    """`version`: which answers from now on, or was held. News of a promotion waits until it does."""
    watched = {ROLLED_BACK: replaces, KEPT: version}.get(word)
    detail = {
        "Decision": word,
        "Campaign": seat.arn,
        "SolutionVersion": version,
        "Replaces": replaces,
        "Why": said.why,
        "Numbers": dict(said.numbers),
    }
    return Decision(
        key=watch_key(seat.arn, watched) if watched else promotion_key(seat.arn, version),
        kind="rollback" if watched else "promote",
        decision=word,
        why=said.why,
        subject=version,
        numbers=dict(said.numbers),
        facts={"replaces": replaces},
        news=None if word == KEPT else News(detail_type=PROMOTION_DECIDED, detail=detail),
        keeps_news=word == PROMOTED,
    )
