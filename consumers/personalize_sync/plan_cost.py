"""What keeps spending within bounds: the cap on a month, and what trainings cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from consumers.personalize_sync.cost import estimate, refuse, training_price
from consumers.personalize_sync.data_profile import DataProfile, profile_of
from consumers.personalize_sync.desired import Desired
from consumers.personalize_sync.guard import Bucket
from consumers.personalize_sync.plan import Decision, News, Plan, wait
from consumers.personalize_sync.prices import Prices
from consumers.personalize_sync.publications import Shelf
from consumers.personalize_sync.workload import Workload, workload_of
from consumers.personalize_sync.world import World

COST_REFUSED: Final = "Personalize Cost Refused"
_DAY: Final = 86_400.0
_FREE: Final = frozenset({"UpdateCampaign", "UpdateDataset"})  # another version in its place, another schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """`cap_usd`: of an estimated month, in US dollars."""

    prices: Prices
    cap_usd: float
    desired: Desired

    def within_cap(self, plan: Plan, shelf: Shelf, clicks: Iterable[Bucket], now: float) -> Plan:
        """`plan`, or what of it costs nothing more, and why."""
        if not any(call.operation not in _FREE for call in plan.calls):
            return plan
        found = estimate(self._workload(shelf, clicks, now), self.prices)
        why = refuse(found, self.cap_usd)
        if why is None:
            return plan
        numbers = {"usd_per_month": round(found.usd_per_month, 2), "cap_usd": self.cap_usd}
        newest = max((p.number for p in shelf.get("interactions", ())), default=0)
        refused = Decision(
            key=f"cost#{self.cap_usd:g}#{newest}",
            kind="cost",
            decision="refused",
            why=why,
            subject="deployment",
            numbers=numbers,
            news=News(detail_type=COST_REFUSED, detail={"Why": why, "Numbers": numbers}),
        )
        free = tuple(call for call in plan.calls if call.operation in _FREE)
        kept = replace(plan, calls=free, puts=(), decisions=(*plan.decisions, refused))
        return Plan.joined([kept, wait(why)])

    def training(self, data: DataProfile) -> float:
        """Of all solutions together, in US dollars."""
        return sum(training_price(wanted.recipe, data.rows, self.prices) for wanted in self.desired.solutions.values())

    def _workload(self, shelf: Shelf, clicks: Iterable[Bucket], now: float) -> Workload:
        manifests = [p.manifest for p in shelf.get("interactions", ()) if p.manifest is not None]
        shown = sum(bucket.shown for bucket in clicks if bucket.start > now - _DAY)
        found = workload_of(
            profile_of(manifests),
            users=_rows(shelf, "users"),
            items=_rows(shelf, "items"),
            recommendations_per_day=shown,
        )
        campaigns = self.desired.campaigns.values()
        most = max((campaign.min_provisioned_tps for campaign in campaigns), default=1)
        return replace(found, campaigns=len(campaigns), min_tps=most)


def trainings_this_month(world: World, solutions: Iterable[str], now: float) -> int:
    """Versions of these solutions that were created since the month began, UTC."""
    began = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    return sum(version.created >= began for name in solutions for version in world.versions.get(name, ()))


def _rows(shelf: Shelf, dataset: str) -> int:
    return max((p.rows for p in shelf.get(dataset, ()) if p.is_full), default=0)
