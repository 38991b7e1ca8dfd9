"""Where items and users are put: the datasets that the reconciler made, or will."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

from consumers.state_table import StateTable
from contract.errors import TransientError


class Resources(Protocol):
    def dataset_arn(self, dataset: str) -> str:
        """Raises `TransientError` while there is no such dataset."""
        ...


@dataclass(frozen=True, slots=True)
class StateResources:
    state: StateTable

    def dataset_arn(self, dataset: str) -> str:
        found = self.state.get("personalize", "resources")
        arn: str | None = json.loads(found["value"]).get("datasets", {}).get(dataset) if found else None
        if arn is None:
            raise TransientError(f"Personalize has no dataset for {dataset} yet")
        return arn
