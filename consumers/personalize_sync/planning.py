"""All parts of a plan together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consumers.personalize_sync.desired import Desired
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Plan, Records
from consumers.personalize_sync.plan_imports import Importing, plan_imports
from consumers.personalize_sync.plan_setup import plan_setup
from consumers.personalize_sync.plan_training import Training, plan_training
from consumers.personalize_sync.publications import Files, Shelf
from consumers.personalize_sync.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    desired: Desired
    schemas: Mapping[str, str]
    names: Names
    role_arn: str
    stream_only: bool
    files: Files
    records: Records

    def plan(self, world: World, shelf: Shelf, now: float) -> Plan:
        """Pure but for what it asks of files and records. Raises `ConfigurationError`, `TransientError`."""
        plan = Plan.joined(self._parts(world, shelf, now))
        return self._without_refused(plan, now)

    def _parts(self, world: World, shelf: Shelf, now: float) -> Iterator[Plan]:
        yield plan_setup(world, self.desired, self.schemas, self.names)
        imports = plan_imports(world, shelf, self._importing(), now)
        yield imports
        if not imports.calls:
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
        return Training(names=self.names, desired=self.desired, stream_only=self.stream_only, records=self.records)

    def _without_refused(self, plan: Plan, now: float) -> Plan:
        """What was refused is asked for again after a while: a person may have mended it, nothing else has."""
        kept = tuple(call for call in plan.calls if not self._is_refused(call, now))
        said = tuple(f"{call.arn} was refused and is asked for again later" for call in plan.calls if call not in kept)
        return Plan.joined([Plan(calls=kept, decisions=plan.decisions, tell=plan.tell, waits=plan.waits + said)])

    def _is_refused(self, call: Call, now: float) -> bool:
        at = self.records.refused_at(call.arn)
        return at is not None and now < at + self.desired.refusals.retry_seconds
