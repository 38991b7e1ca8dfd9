"""What the reconciler asks of Personalize's control plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from consumers.personalize_sync.failures import Answer
from consumers.personalize_sync.plan import Call
from consumers.personalize_sync.world import Campaign, Dataset, Resource, Solution, Tracker


class Personalize(Protocol):
    """None for what is not there. Every call raises `TransientError` while the service is busy."""

    def find(self, kind: str, arn: str) -> Resource | None:
        """`kind` as the API spells it: "DatasetGroup", "Filter", ..."""
        ...

    def dataset(self, arn: str) -> Dataset | None: ...

    def solution(self, arn: str) -> Solution | None: ...

    def campaign(self, arn: str) -> Campaign | None: ...

    def tracker(self, group_arn: str) -> Tracker | None: ...

    def versions(self, solution_arn: str) -> tuple[Resource, ...]:
        """In order of creation."""
        ...

    def has_imports(self, dataset_arn: str) -> bool:
        """Whether any import into the dataset has succeeded, whoever asked for it."""
        ...

    def metrics(self, version_arn: str) -> Mapping[str, float]: ...

    def make(self, call: Call) -> Answer:
        """Raises `ConfigurationError` where access is refused."""
        ...
