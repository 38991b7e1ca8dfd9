"""What Personalize says that it holds: frozen values, read by Describe and List, of one deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

ACTIVE: Final = "ACTIVE"
_TOLD_VERSIONS: Final = 10  # of each solution, the newest: older ones change no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """`kind` as the API spells it ("DatasetImportJob"); times in epoch seconds."""

    kind: str
    arn: str
    status: str
    created: float = 0.0
    updated: float = 0.0
    failure: str = ""  # why, of one that failed

    @property
    def is_active(self) -> bool:
        return self.status == ACTIVE

    @property
    def is_failed(self) -> bool:
        return self.status.endswith("FAILED")

    @property
    def is_pending(self) -> bool:
        """On its way to another status by itself."""
        return self.status.endswith(("PENDING", "IN_PROGRESS", "STOPPING"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The latest update of a resource that serves as it was meanwhile. `to`: ARN of what it is to have."""

    to: str
    status: str
    updated: float = 0.0
    failure: str = ""

    @property
    def is_pending(self) -> bool:
        return self.status.endswith(("PENDING", "IN_PROGRESS"))

    @property
    def is_failed(self) -> bool:
        return self.status.endswith("FAILED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Resource):
    schema_arn: str
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker(Resource):
    tracking_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution(Resource):
    recipe_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign(Resource):
    """`version_arn`: what answers now, whatever was asked for since."""

    version_arn: str
    min_tps: int
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob(Resource):
    dataset: str
    number: int  # of the publication
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """By their short names, those of the desired state; what is not there has no entry."""

    group: Resource | None = None
    schemas: Mapping[str, Resource] = field(default_factory=dict)  # by dataset, the desired content
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    tracker: Tracker | None = None
    filters: Mapping[str, Resource] = field(default_factory=dict)
    solutions: Mapping[str, Solution] = field(default_factory=dict)
    versions: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict)  # by solution, in order of creation
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    imports: Mapping[str, tuple[ImportJob, ...]] = field(
        default_factory=dict
    )  # by dataset, of the publications in view
    imported_elsewhere: frozenset[str] = frozenset()  # datasets with imports that no publication tells of

    def everything(self) -> Iterator[Resource]:
        """What has a status worth telling."""
        alone = (self.group, self.tracker)
        yield from (each for each in alone if each is not None)
        for several in (self.datasets, self.filters, self.solutions, self.campaigns):
            yield from several.values()
        for jobs in self.imports.values():
            yield from jobs
        for versions in self.versions.values():
            yield from versions[-_TOLD_VERSIONS:]

    def version(self, arn: str) -> Resource | None:
        return next((each for many in self.versions.values() for each in many if each.arn == arn), None)

    @property
    def is_pending(self) -> bool:
        """Whether something changes by itself soon."""
        changes = [each.change for each in self.datasets.values()] + [each.change for each in self.campaigns.values()]
        return any(each.is_pending for each in self.everything()) or any(c.is_pending for c in changes if c)
