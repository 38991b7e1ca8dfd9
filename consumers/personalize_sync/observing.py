"""One look at Personalize and at the publications: everything that a plan is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from consumers.personalize_sync.api import Personalize
from consumers.personalize_sync.desired import DATASETS, Desired
from consumers.personalize_sync.import_history import History
from consumers.personalize_sync.naming import Names
from consumers.personalize_sync.plan_setup import filter_name, schema_name
from consumers.personalize_sync.publications import Files, Publication, Shelf
from consumers.personalize_sync.world import ImportJob, Resource, World

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    api: Personalize
    files: Files
    desired: Desired
    schemas: Mapping[str, str]
    names: Names

    def look(self) -> tuple[World, Shelf]:
        api, names = self.api, self.names
        found = {name: schema_name(names, name, schema) for name, schema in self.schemas.items()}
        schemas = _present({name: api.find("Schema", names.arn("schema", full)) for name, full in found.items()})
        group = api.find("DatasetGroup", names.group_arn)
        if group is None:
            return World(schemas=schemas), {}
        datasets = _present({name: api.dataset(names.dataset_arn(name)) for name in DATASETS})
        shelf, jobs, elsewhere = self._publications(datasets)
        solutions = _present({n: api.solution(names.arn("solution", names.of(n))) for n in self.desired.solutions})
        campaigns = {name: api.campaign(names.arn("campaign", names.of(name))) for name in self.desired.campaigns}
        filters = {name: filter_name(names, name, text) for name, text in self.desired.filters.items()}
        world = World(
            group=group,
            schemas=schemas,
            datasets=datasets,
            tracker=api.tracker(group.arn),
            filters=_present({name: api.find("Filter", names.arn("filter", full)) for name, full in filters.items()}),
            solutions=solutions,
            versions={name: api.versions(solution.arn) for name, solution in solutions.items()},
            campaigns=_present(campaigns),
            imports=jobs,
            imported_elsewhere=elsewhere,
        )
        return world, shelf

    def _publications(
        self, datasets: Mapping[str, Resource]
    ) -> tuple[Shelf, dict[str, tuple[ImportJob, ...]], frozenset[str]]:
        shelf: dict[str, tuple[Publication, ...]] = {}
        jobs: dict[str, tuple[ImportJob, ...]] = {}
        elsewhere = set()
        for name, dataset in datasets.items():
            view = in_view(self.files, name, self._jobs, partial(self.api.has_imports, dataset.arn))
            shelf[name], jobs[name] = view.publications, view.jobs
            if view.has_more:
                elsewhere.add(name)
        return shelf, jobs, frozenset(elsewhere)

    def _jobs(self, publication: Publication) -> tuple[ImportJob, ...]:
        """Its import jobs, by attempt: a further one is there only where the one before failed."""
        found: list[ImportJob] = []
        while publication.manifest and len(found) < self.desired.imports.attempts:
            attempt = len(found) + 1
            name = self.names.import_job(publication.dataset, publication.number, publication.manifest.mode, attempt)
            job = self.api.find("DatasetImportJob", self.names.arn("dataset-import-job", name))
            if job is None:
                break
            found.append(_import_job(job, publication, attempt))
            if not job.is_failed:
                break
        return tuple(found)


def in_view(
    files: Files,
    dataset: str,
    jobs_of: Callable[[Publication], tuple[ImportJob, ...]],
    has_imports: Callable[[], bool],
) -> History:
    """Publications from the last FULL that was imported on, and their jobs; from the newest FULL where none was."""
    publications: list[Publication] = []
    jobs: list[ImportJob] = []
    asked = has_more = False
    for number in reversed(files.numbers(dataset)):
        publication = files.publication(dataset, number)
        own = jobs_of(publication)
        publications.insert(0, publication)
        jobs[:0] = own
        if publication.is_full and any(job.is_active for job in own):
            has_more = False
            break
        if publication.is_full and not asked:
            asked, has_more = True, has_imports()
            if not has_more:
                break
    return History(publications=tuple(publications), jobs=tuple(jobs), has_more=has_more)


def _import_job(job: Resource, publication: Publication, attempt: int) -> ImportJob:
    return ImportJob(
        kind=job.kind,
        arn=job.arn,
        status=job.status,
        created=job.created,
        updated=job.updated,
        failure=job.failure,
        dataset=publication.dataset,
        number=publication.number,
        attempt=attempt,
    )


def _present(found: Mapping[str, T | None]) -> dict[str, T]:
    return {name: each for name, each in found.items() if each is not None}
