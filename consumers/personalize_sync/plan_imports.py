"""Which publication is imported next, so that history is never lost and nothing is imported twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from consumers.personalize_sync.desired import DATASETS, ImportRules
from consumers.personalize_sync.import_history import History
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan import Call, Decision, News, Plan, Records, wait
from consumers.personalize_sync.publications import Files, Publication, Shelf
from consumers.personalize_sync.world import World

IMPORT_HELD = "Personalize Import Held"
_FIRST = "interactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """What imports are planned by. `stream_only`: interactions come by PutEvents alone."""

    names: Names
    rules: ImportRules
    role_arn: str
    stream_only: bool
    files: Files
    records: Records


def plan_imports(world: World, shelf: Shelf, by: Importing, now: float) -> Plan:
    """Of each dataset at most one import runs; catalogs come before the first interactions."""
    plans = {name: _of_dataset(world, name, shelf.get(name, ()), by, now) for name in DATASETS if name != _FIRST}
    if _waits_for_catalogs(world, plans, by.records):
        plans[_FIRST] = wait("interactions are imported first after items and users")
    else:
        plans[_FIRST] = _of_dataset(world, _FIRST, shelf.get(_FIRST, ()), by, now)
    plan = Plan.joined(plans.values())
    room = max(0, by.rules.most_pending - sum(job.is_pending for jobs in world.imports.values() for job in jobs))
    left_out = tuple(f"{call.arn} waits: {by.rules.most_pending} imports are pending" for call in plan.calls[room:])
    return Plan(calls=plan.calls[:room], decisions=plan.decisions, waits=plan.waits + left_out)


def _waits_for_catalogs(world: World, plans: dict[str, Plan], records: Records) -> bool:
    """Not for one that Personalize refuses."""
    if any(job.is_active for job in world.imports.get(_FIRST, ())):
        return False
    running = any(job.is_pending for name in plans for job in world.imports.get(name, ()))
    calls = (call for plan in plans.values() for call in plan.calls)
    return running or any(records.refused_at(call.arn) is None for call in calls)


def _of_dataset(world: World, name: str, publications: Sequence[Publication], by: Importing, now: float) -> Plan:
    dataset, schema = world.datasets.get(name), world.schemas.get(name)
    if name == _FIRST and by.stream_only:
        return Plan()
    if dataset is None or schema is None or not dataset.is_active or dataset.schema_arn != schema.arn:
        return Plan()  # the set-up says what is waited for
    history = History(
        publications=tuple(publications), jobs=world.imports.get(name, ()), has_more=name in world.imported_elsewhere
    )
    if any(job.is_pending for job in history.jobs):
        return wait(f"an import of {name} is under way")
    unreadable = (_hold(p, "manifest", p.fault, {}) for p in publications if p.manifest is None)
    return Plan.joined([*unreadable, *_candidates(history, by, now)])


def _candidates(history: History, by: Importing, now: float) -> Iterator[Plan]:
    """What keeps publications back, up to the first that can be imported or is to be tried again."""
    for publication in history.to_import():
        plan = _one(publication, history, by, now)
        yield plan
        tried_again = history.failed(publication) and not history.is_given_up(publication, by.rules.attempts)
        if plan.calls or tried_again:
            return


def _one(publication: Publication, history: History, by: Importing, now: float) -> Plan:
    failed = history.failed(publication)
    if history.is_given_up(publication, by.rules.attempts):
        return wait(f"{publication.key} failed and waits for the next publication: {failed[-1].failure}")
    due = failed[-1].updated + by.rules.retry_seconds * len(failed) if failed else now
    if now < due:
        return wait(f"{publication.key} is tried again later: {failed[-1].failure}")
    held, small = _held(publication, history, by), _why_small(publication, by.rules)
    return held or (wait(small) if small else _start(publication, len(failed) + 1, by))


def _start(publication: Publication, attempt: int, by: Importing) -> Plan:
    assert publication.manifest  # noqa: S101 - one without is held
    mode = publication.manifest.mode
    job = by.names.import_job(publication.dataset, publication.number, mode, attempt)
    request = {
        "jobName": job,
        "datasetArn": by.names.dataset_arn(publication.dataset),
        "dataSource": {"dataLocation": by.files.location(publication.manifest.prefix)},
        "roleArn": by.role_arn,
        "importMode": mode,
    }
    arn = by.names.arn("dataset-import-job", job)
    return Plan(calls=(Call(operation="CreateDatasetImportJob", kind="DatasetImportJob", arn=arn, request=request),))


def _held(publication: Publication, history: History, by: Importing) -> Plan | None:
    """What is done instead of an import that could lose rows, or must fail."""
    fault = by.files.fault(publication)
    if fault:
        return _hold(publication, "files", fault, {})
    if not publication.is_full or by.records.is_forced(publication.key):
        return None
    before = history.rows_imported()
    if before is None:
        return _hold(publication, "unknown", "no manifest tells how many rows were imported before", {})
    least = by.rules.least_full_share * before
    if publication.rows >= least:
        return None
    numbers = {"rows": publication.rows, "imported": before, "least": least}
    why = f"FULL would replace {before:,} imported rows by {publication.rows:,}; {least:,.0f} or more go by themselves"
    return _hold(publication, "rows", why, numbers)


def _hold(publication: Publication, cause: str, why: str, numbers: Mapping[str, float]) -> Plan:
    detail = {"Dataset": publication.dataset, "Manifest": publication.key, "Why": why, "Numbers": numbers}
    said = f"{publication.key} is held: {why}"
    decision = Decision(
        key=f"import#{publication.key}#{cause}",
        kind="import",
        decision="held",
        why=said,
        subject=publication.key,
        numbers=numbers,
        news=News(detail_type=IMPORT_HELD, detail=detail),
    )
    return Plan(decisions=(decision,), waits=(said,))


def _why_small(publication: Publication, rules: ImportRules) -> str:
    """An INCREMENTAL that Personalize would refuse: its rows come with the next FULL."""
    if publication.is_full:
        return ""
    if publication.size > rules.most_incremental_bytes:
        return f"{publication.key} waits for the next FULL: {publication.size:,} bytes are too many for an INCREMENTAL"
    if publication.dataset == _FIRST and publication.rows < rules.least_interactions:
        return f"{publication.key} waits for the next FULL: {publication.rows:,} rows are too few for an INCREMENTAL"
    return ""
