"""What the audit of imports judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contract.manifest import Manifest

ACTIVE = "ACTIVE"  # of an import job: done


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """As Personalize describes it. `created` in epoch seconds; `location` ends in "/" and is empty where nobody asked,
    of imports that a later FULL has replaced."""

    arn: str
    name: str
    status: str
    created: float
    mode: str
    location: str = ""
    failure: str = ""

    @property
    def is_pending(self) -> bool:
        return self.status.endswith(("PENDING", "IN_PROGRESS"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEvidence:
    """By dataset: all publications in order, and all import jobs. `prefix`: with which the names of jobs begin.

    `root`: URI of the bucket for Personalize. `interactions_source`: "stream" where files of interactions are not
    imported.
    """

    prefix: str
    root: str
    publications: Mapping[str, Sequence[Manifest]]
    jobs: Mapping[str, Sequence[ImportJob]]
    interactions_source: str = "both"
    held: Mapping[str, str] = field(default_factory=dict)  # manifest -> why its import waits for a person
