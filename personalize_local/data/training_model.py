"""What a training asks of the data, and what it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.data.segments import Part
from personalize_local.data.tokens import Tokens
from personalize_local.recipes.model import Interactions, ItemFacts
from personalize_local.schemas.model import DatasetSchema, DatasetType


class CannotTrain(Exception):
    """The data does not suffice; the message is the solution version's failureReason."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Segments and tables of put records, oldest first."""

    schema: DatasetSchema
    parts: Sequence[Part]


@dataclass(frozen=True, kw_only=True)
class Sources:
    """A dataset group's data."""

    interactions: Dataset | None = None
    items: Dataset | None = None
    users: Dataset | None = None


@dataclass(frozen=True, kw_only=True)
class EventParameters:
    event_type: str
    threshold: float | None = None
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What a solution says about its data. Names of event types are compared without case.

    `included` and `excluded`: columns by dataset, in lower case ("items"); a dataset not named keeps its columns.
    """

    event_type: str | None = None
    threshold: float | None = None
    events: tuple[EventParameters, ...] = ()
    included: Mapping[str, frozenset[str]] = field(default_factory=dict)
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    needs_interactions: bool = True
    needs_texts: bool = False
    merges_sessions: bool = True  # FULL does, UPDATE does not

    def uses(self, dataset: DatasetType, column: str) -> bool:
        key = dataset.lower()
        return column in self.included.get(key, (column,)) and column not in self.excluded.get(key, ())


def settings_of(
    event_type: str | None,
    solution_config: Mapping[str, Any],
    *,
    needs_interactions: bool = True,
    needs_texts: bool = False,
    merges_sessions: bool = True,
) -> TrainingSettings:
    """From CreateSolution's eventType and solutionConfig, as boto3 has them. Raises ValueError for a bad threshold."""
    threshold = solution_config.get("eventValueThreshold")
    events = solution_config.get("eventsConfig", {}).get("eventParametersList", [])
    columns = solution_config.get("trainingDataConfig", {})
    return TrainingSettings(
        event_type=event_type,
        threshold=None if threshold is None else float(threshold),
        events=tuple(
            EventParameters(
                event_type=entry["eventType"],
                threshold=entry.get("eventValueThreshold"),
                weight=entry.get("weight", 1.0),
            )
            for entry in events
        ),
        included=_by_dataset(columns.get("includedDatasetColumns", {})),
        excluded=_by_dataset(columns.get("excludedDatasetColumns", {})),
        needs_interactions=needs_interactions,
        needs_texts=needs_texts,
        merges_sessions=merges_sessions,
    )


def _by_dataset(columns: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    return {dataset.lower(): frozenset(names) for dataset, names in columns.items()}


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """Users and items are numbered in the order of their ids; items are those of both datasets."""

    interactions: Interactions
    users: Sequence[str]
    items: Sequence[str]
    facts: ItemFacts
    event_types: tuple[str, ...]  # names, in lower case, by number
    event_type: NDArray[np.int16]  # of each interaction; -1 where the dataset has no such column
    tokens: Tokens  # of users and moments: columns of interactions.tokens
    item_tokens: Tokens  # columns of facts.features
    item_numbers: Mapping[str, NDArray[np.float64]]  # numeric columns of Items; NaN where null
    impressed: NDArray[np.int64]  # of each item: how often it was shown beside the item that was chosen
