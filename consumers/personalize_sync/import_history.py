"""What of a dataset's publications was imported, and so which ones there are to import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consumers.personalize_sync.failures import is_about_access
from consumers.personalize_sync.publications import Publication
from consumers.personalize_sync.world import ImportJob


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Of one dataset: publications in order, from the last FULL that was imported on, and their jobs.

    `has_more`: Personalize has imports that none of these publications tells of.
    """

    publications: tuple[Publication, ...]
    jobs: tuple[ImportJob, ...]
    has_more: bool = False

    @property
    def imported(self) -> frozenset[int]:
        return frozenset(job.number for job in self.jobs if job.is_active)

    @property
    def base(self) -> int:
        """Number of the last FULL that was imported; 0 before any."""
        return max((p.number for p in self.publications if p.is_full and p.number in self.imported), default=0)

    @property
    def newest_full(self) -> Publication | None:
        return next((p for p in reversed(self.publications) if p.is_full), None)

    def to_import(self) -> Iterator[Publication]:
        """In the order in which they are tried: the newest FULL, then what adds to the FULL that is imported.

        An increment of a FULL that was not imported would leave a gap, and is not among them; nor is one older than
        what was imported, whose rows would replace newer ones.
        """
        newest, base = self.newest_full, self.base
        if newest and newest.number > base:
            yield newest
        if not base:
            return
        last = max(self.imported)
        for publication in self.publications:
            if publication.number > base and (publication.is_full or publication.manifest is None):
                return
            if publication.number > last:
                yield publication

    def failed(self, publication: Publication) -> tuple[ImportJob, ...]:
        return tuple(job for job in self.jobs if job.number == publication.number and job.is_failed)

    def is_given_up(self, publication: Publication, attempts: int) -> bool:
        """The same rows would fail again, or were tried often enough."""
        failed = self.failed(publication)
        return bool(failed) and (len(failed) >= attempts or not is_about_access(failed[-1].failure))

    def rows_imported(self) -> int | None:
        """Rows that Personalize has from imports; None where nobody can say."""
        if not self.base:
            return None if self.has_more else 0
        return sum(p.rows for p in self.publications if p.number >= self.base and p.number in self.imported)
