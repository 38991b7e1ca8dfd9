"""All parts of a plan together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from consumers.personalize_sync.asking import Asking
from consumers.personalize_sync.desired import Desired
from consumers.personalize_sync.evidence import Evidence
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Plan, Records
from consumers.personalize_sync.plan_cost import Costs
from consumers.personalize_sync.plan_imports import Importing, plan_imports
from consumers.personalize_sync.plan_promotion import Promoting, plan_promotion
from consumers.personalize_sync.plan_setup import plan_setup
from consumers.personalize_sync.plan_training import Training, plan_training
from consumers.personalize_sync.publications import Files, Shelf
from consumers.personalize_sync.world import World

_BUCKETS_A_DAY = 288


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    desired: Desired
    schemas: Mapping[str, str]
    names: Names
    role_arn: str
    stream_only: bool
    files: Files
    records: Records
    evidence: Evidence
    asking: Asking
    costs: Costs

    def plan(self, world: World, shelf: Shelf, now: float) -> Plan:
        """Changes nothing, but reads. Raises `ConfigurationError`, `TransientError`."""
        plan = self._without_refused(Plan.joined(self._parts(world, shelf, now)), now)
        if not plan.calls:
            return plan
        return self.costs.within_cap(plan, shelf, self.evidence.clicks(_BUCKETS_A_DAY), now)

    def _parts(self, world: World, shelf: Shelf, now: float) -> Iterator[Plan]:
        yield plan_setup(world, self.desired, self.schemas, self.names)
        imports = plan_imports(world, shelf, self._importing(), now)
        yield imports
        yield plan_promotion(world, shelf, self._promoting(), now)
        if not self._without_refused(imports, now).calls:  # a refused one would keep trainings back for ever
            yield plan_training(world, shelf, self._training(), now)

    def _importing(self) -> Importing:
        return Importing(
            names=self.names,
            rules=self.desired.imports,
            role_arn=self.role_arn,
            stream_only=self.stream_only,
            files=self.files,
            records=self.records,
        )

    def _training(self) -> Training:
        return Training(
            names=self.names,
            desired=self.desired,
            stream_only=self.stream_only,
            records=self.records,
            costs=self.costs,
        )

    def _promoting(self) -> Promoting:
        return Promoting(
            names=self.names,
            desired=self.desired,
            records=self.records,
            evidence=self.evidence,
            asking=self.asking,
        )

    def _without_refused(self, plan: Plan, now: float) -> Plan:
        """What was refused is asked for again after a while: a person may have mended it, nothing else has."""
        kept = tuple(call for call in plan.calls if not self._is_refused(call, now))
        said = tuple(f"{call.arn} was refused and is asked for again later" for call in plan.calls if call not in kept)
        return replace(plan, calls=kept, waits=plan.waits + said)

    def _is_refused(self, call: Call, now: float) -> bool:
        at = self.records.refused_at(call.arn)
        return at is not None and now < at + self.desired.refusals.retry_seconds
