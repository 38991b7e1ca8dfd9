"""One round: look, tell what changed, plan, do what can be done now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consumers.bus import Bus
from consumers.personalize_sync.api import Personalize
from consumers.personalize_sync.failures import Outcome
from consumers.personalize_sync.observing import Observer
from consumers.personalize_sync.plan import Call, Noted, Plan
from consumers.personalize_sync.planning import Planner
from consumers.personalize_sync.publications import Files
from consumers.personalize_sync.records import StateRecords
from consumers.personalize_sync.statuses import Statuses, refusal, resources_of
from consumers.personalize_sync.world import World
from consumers.state_table import StateTable
from contract.errors import TransientError

_PK, _SK = "personalize", "resources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`done`: calls that Personalize took; `is_pending`: something changes by itself soon."""

    done: tuple[Call, ...]
    later: tuple[str, ...]
    waits: tuple[str, ...]
    is_pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Remembers nothing between rounds that Personalize can tell."""

    observer: Observer
    planner: Planner
    api: Personalize
    files: Files
    records: StateRecords
    statuses: Statuses
    state: StateTable
    bus: Bus
    clock: Callable[[], float]

    def round(self, keep: Callable[[], None]) -> Round:
        """`keep` is called before each effect, and raises where this one is no longer to have any.

        Raises `TransientError` while something that it depends on is busy; another round goes on from there.
        """
        world, shelf = self.observer.look()
        keep()
        self.statuses.tell(world.everything(), self.clock())
        self._write_resources(world)
        plan = self.planner.plan(world, shelf, self.clock())
        self.statuses.tell(plan.seen, self.clock())
        self._decide(plan, keep)
        for put in plan.puts:
            keep()
            self.files.put(put.key, put.data)
        done, later = [], list[str]()
        for call in plan.calls:
            keep()
            reason = self._make(call)
            if reason:
                later.append(reason)
            else:
                done.append(call)
        is_pending = world.is_pending or any(resource.is_pending for resource in plan.seen)
        return Round(done=tuple(done), later=tuple(later), waits=plan.waits, is_pending=is_pending)

    def _decide(self, plan: Plan, keep: Callable[[], None]) -> None:
        """Decisions are noted before they are acted on, so that a crash makes none of them twice."""
        of_calls = (call.decision for call in plan.calls if call.decision)
        for decision in (*plan.decisions, *of_calls):
            keep()
            noted = self.records.note(decision, at=self.clock())
            if not noted.told and not decision.keeps_news:
                self._tell(noted)
        for noted in filter(None, map(self.records.noted, plan.tell)):
            if not noted.told:
                keep()
                self._tell(noted)

    def _tell(self, noted: Noted) -> None:
        news = noted.decision.news
        if news:
            self.bus.put(news.detail_type, news.detail)
        self.records.told(noted)

    def _make(self, call: Call) -> str:
        """Why it was not taken, or nothing. One that meets a busy service does not keep the others back."""
        try:
            answer = self.api.make(call)
        except TransientError as error:
            return str(error)
        if answer.outcome is Outcome.REFUSED:
            if self.records.is_news(call.arn, answer.reason):
                self.bus.put(*refusal(call.kind, call.arn, answer.reason))
            self.records.refuse(call.arn, answer.reason, at=self.clock())
        elif answer.outcome is Outcome.DONE:
            self.records.taken(call.arn)
        return f"{call.operation} {call.arn}: {answer.reason}" if answer.outcome is not Outcome.DONE else ""

    def _write_resources(self, world: World) -> None:
        value = resources_of(world, self.planner.desired)
        if value is not None and (self.state.get(_PK, _SK) or {}).get("value") != value:
            self.state.put(_PK, _SK, {"value": value})
