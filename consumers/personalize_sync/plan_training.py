"""When solutions are trained: one by the policy, those beside it whenever it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from consumers.personalize_sync.campaigns import seats
from consumers.personalize_sync.data_profile import DataProfile, profile_of
from consumers.personalize_sync.desired import DATASETS, Desired, WantedSolution
from consumers.personalize_sync.import_history import History
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Decision, News, Noted, Plan, Records, wait
from consumers.personalize_sync.plan_cost import Costs, trainings_this_month
from consumers.personalize_sync.policy import TrainingDecision, TrainingFacts, training_decision
from consumers.personalize_sync.publications import Shelf
from consumers.personalize_sync.world import Resource, Solution, World

TRAINING_DECIDED = "Personalize Training Decided"
_INTERACTIONS = "interactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What trainings are planned by. `stream_only`: what the files hold came to Personalize by PutEvents."""

    names: Names
    desired: Desired
    stream_only: bool
    records: Records
    costs: Costs


def plan_training(world: World, shelf: Shelf, by: Training, now: float) -> Plan:
    """After imports, so that a training has all that is ready."""
    if any(job.is_pending for jobs in world.imports.values() for job in jobs):
        return wait("trainings wait until the imports under way have ended")
    data, newest = _data(world, shelf, by)
    if not data.rows or not all(name in world.datasets for name in DATASETS):
        return wait("nothing to train on yet")
    return Plan.joined(_of_each(world, by, data, newest, now))


def _of_each(world: World, by: Training, data: DataProfile, newest: int, now: float) -> Iterator[Plan]:
    for name, wanted in by.desired.solutions.items():
        solution = world.solutions.get(name)
        if solution is not None and solution.is_active:
            yield _beside(world, by, name, wanted) if wanted.beside else _led(world, by, name, data, newest, now)


def _data(world: World, shelf: Shelf, by: Training) -> tuple[DataProfile, int]:
    """What Personalize has of interactions, and the number of the newest publication of it."""
    publications = [p for p in shelf.get(_INTERACTIONS, ()) if p.manifest is not None]
    if not by.stream_only:
        history = History(publications=tuple(publications), jobs=world.imports.get(_INTERACTIONS, ()))
        publications = [p for p in publications if p.number in history.imported]
    manifests = [p.manifest for p in publications if p.manifest is not None]
    return profile_of(manifests), max((m.number for m in manifests), default=0)


def _led(world: World, by: Training, name: str, data: DataProfile, newest: int, now: float) -> Plan:
    """By the policy. What was decided and not done, a crash having come between, is done without deciding again."""
    solution, versions = world.solutions[name], world.versions.get(name, ())
    if versions and versions[-1].is_pending:
        return wait(f"{name} is being trained")
    if any(seat.is_open and seat.wanted.solution == name for seat in seats(world, by.desired, by.names, by.records)):
        return wait(f"{name} is trained again when its newest version has been judged")
    key = f"train#{solution.arn}#{len(versions) + 1}"
    noted = by.records.noted(key)
    if noted:
        return _train(solution, by.names.of(f"{name}-{len(versions) + 1}"), noted.decision)
    known = by.records.noted(f"train#{solution.arn}#{len(versions)}")
    price = by.costs.training(data)
    facts = _facts(versions, known, data, now)
    spent = trainings_this_month(world, [name], now) * price
    decision = training_decision(replace(facts, price_usd=price, spent_usd=spent), by.desired.training)
    if decision.train:
        said = _decision(key, solution, decision, {"data": asdict(data)})
        return _train(solution, by.names.of(f"{name}-{len(versions) + 1}"), said)
    not_now = _decision(f"train#{solution.arn}#{len(versions)}#not#{newest}", solution, decision, {})
    return Plan(decisions=(not_now,), waits=(f"{name} is not trained: {decision.why}",))


def _facts(versions: tuple[Resource, ...], known: Noted | None, data: DataProfile, now: float) -> TrainingFacts:
    if not versions:
        return TrainingFacts(now=now, data=data)
    return TrainingFacts(
        now=now,
        data=data,
        trained_on=DataProfile(**known.decision.facts["data"]) if known else None,
        trained_at=versions[-1].created,
        failure=versions[-1].failure,
    )


def _beside(world: World, by: Training, name: str, wanted: WantedSolution) -> Plan:
    """A version of its own for each newest version of the other, which it is to be held against."""
    others, own = world.versions.get(wanted.beside, ()), world.versions.get(name, ())
    if not others or others[-1].is_failed or (own and own[-1].created >= others[-1].created):
        return Plan()
    if own and own[-1].is_pending:
        return wait(f"{name} is being trained")
    return _train(world.solutions[name], by.names.of(f"{name}-{len(own) + 1}"), None)


def _train(solution: Solution, name: str, decision: Decision | None) -> Plan:
    """The name has the version's number, so that one asked for twice is made once."""
    call = Call(
        operation="CreateSolutionVersion",
        kind="SolutionVersion",
        arn=f"{solution.arn}/{name}",
        request={"name": name, "solutionArn": solution.arn, "trainingMode": "FULL"},
        decision=decision,
    )
    return Plan(calls=(call,))


def _decision(key: str, solution: Solution, decision: TrainingDecision, facts: dict[str, Any]) -> Decision:
    word = "train" if decision.train else "not now"
    detail = {"Decision": word, "Solution": solution.arn, "Why": decision.why, "Numbers": decision.numbers}
    return Decision(
        key=key,
        kind="train",
        decision=word,
        why=decision.why,
        subject=solution.arn,
        numbers=decision.numbers,
        facts=facts,
        news=News(detail_type=TRAINING_DECIDED, detail=detail),
    )
