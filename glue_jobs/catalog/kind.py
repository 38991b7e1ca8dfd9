"""Items and users: two kinds of rows, treated alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contract.catalog import ITEM, USER
from contract.projection import ITEMS, USERS, Dataset, item, user
from contract.schema import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogKind:
    name: str  # of the job, and in keys
    record: Record
    dataset: Dataset
    project: Callable[[Mapping[str, Any]], dict[str, Any]]

    @property
    def id_column(self) -> str:
        return self.dataset.columns[0].name


KINDS = {
    "items": CatalogKind(name="items", record=ITEM, dataset=ITEMS, project=item),
    "users": CatalogKind(name="users", record=USER, dataset=USERS, project=user),
}
