"""After a promotion, recommendations of the new version for the users who were here last."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from consumers.clock import Clock
from consumers.state_table import StateTable
from consumers.token_bucket import TokenBucket
from consumers.warming.active_users import Active, most_recent
from consumers.warming.ports import Features, Metrics, Personalize, Recommended, Refused, Report
from consumers.warming.promotion import Promotion
from contract.errors import TransientError
from contract.times import format_instant

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`users`: how many are warmed; `pages`: of the features table, how many are read at most; `filter_name`: a filter
    of the desired state, or empty."""

    users: int
    pages: int
    kept: timedelta
    filter_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warming:
    personalize: Personalize
    features: Features
    state: StateTable
    plan: Plan
    metrics: Metrics
    bucket: TokenBucket
    clock: Clock
    chance: Callable[[float, float], float]  # random.uniform

    def warm(self, promotion: Promotion, *, until: float) -> Report | None:
        """What was done; None where the campaign has gone on to another version, whose own event follows.

        Doing it again replaces what was kept. Raises `TransientError` where not all was done before `until` of the
        monotonic clock.
        """
        resources = self._resources()
        campaigns = {each["arn"]: each["solution_version_arn"] for each in resources.get("campaigns", {}).values()}
        if campaigns.get(promotion.campaign) != promotion.version:
            log.info("warming_outdated", version=promotion.version, answering=campaigns.get(promotion.campaign))
            return None
        filter_arn = self._filter(resources)
        active = most_recent(self.features.users(), count=self.plan.users, most_pages=self.plan.pages)
        report = Report()
        try:
            for user_id in active.user_ids:
                self._warm(promotion, user_id, filter_arn, report, until)
        finally:
            self._tell(promotion, active, report)
        return report

    def _resources(self) -> Mapping[str, Any]:
        found = self.state.get("personalize", "resources")
        if found is None:
            raise TransientError("the reconciler has not said yet what there is in Personalize")
        resources: Mapping[str, Any] = json.loads(found["value"])
        return resources

    def _filter(self, resources: Mapping[str, Any]) -> str | None:
        name = self.plan.filter_name
        if not name:
            return None
        arn: str | None = resources.get("filters", {}).get(name)
        if arn is None:
            raise TransientError(f"filter {name} is not active")
        return arn

    def _warm(self, promotion: Promotion, user_id: str, filter_arn: str | None, report: Report, until: float) -> None:
        try:
            found = self._recommended(promotion.campaign, user_id, filter_arn, report, until)
        except Refused as refusal:
            report.refused += 1
            report.why_refused = str(refusal).replace(user_id, "…")
            return
        now = self.clock.now()
        item = {
            "items": list(found.items),
            "recommendation_id": found.recommendation_id,
            "made_at": format_instant(now),
            "solution_version_arn": promotion.version,
            "expires_at": int((now + self.plan.kept).timestamp()),
        }
        self.features.keep(user_id, item)
        report.warmed += 1

    def _recommended(
        self, campaign: str, user_id: str, filter_arn: str | None, report: Report, until: float
    ) -> Recommended:
        pause = FIRST_PAUSE_SECONDS
        while self.bucket.take(until=until):
            try:
                return self.personalize.recommended(campaign, user_id, filter_arn=filter_arn)
            except TransientError:
                report.throttles += 1
            wait = self.chance(0, pause)  # full jitter
            if self.clock.monotonic() + wait >= until:
                break
            self.clock.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        raise TransientError("the time is over, and not all users are warmed")

    def _tell(self, promotion: Promotion, active: Active, report: Report) -> None:
        self.metrics.emit(report.metrics(), self.clock.now())
        log.info(
            "users_warmed",
            version=promotion.version,
            wanted=len(active.user_ids),
            warmed=report.warmed,
            refused=report.refused,
            why_refused=report.why_refused,
            throttles=report.throttles,
            looked_at=active.looked_at,
            looked_at_all=active.is_all,
        )
