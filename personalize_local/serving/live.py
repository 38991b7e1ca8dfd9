"""The groups and models that requests need, loaded when first asked for, forgotten when data changes."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from personalize_local.clock import Clock
from personalize_local.schemas.model import DatasetType
from personalize_local.serving.events import Event
from personalize_local.serving.group import Datasets, Group, catch_up, load_group
from personalize_local.serving.model import ServedModel, load_model
from personalize_local.state.database import Database

_MODELS_KEPT: Final = 8
_LISTS_KEPT: Final = 10_000
_PATIENCE_SECONDS: Final = 2.0  # AWS takes a quarter of an hour until filters see new data


class Host(Protocol):
    """What this needs of the emulator."""

    clock: Clock
    database: Database


@dataclass(frozen=True)
class _Loading:
    task: asyncio.Task[Group]
    began: float


class Live:
    """One asyncio task loads a group; whoever needs it waits for that, but not long where an older one is there."""

    def __init__(self, host: Host, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._host = host
        self._patience = patience_seconds
        self._groups: dict[str, Group] = {}
        self._stale: set[str] = set()  # of these groups, data has changed since they were loaded
        self._loading: dict[str, _Loading] = {}
        self._models: OrderedDict[str, ServedModel] = OrderedDict()
        self.shown: OrderedDict[str, Sequence[str]] = OrderedDict()  # recommendationId -> items
        self.dropped = 0  # events that were answered with 200 and that nothing comes of

    async def group(self, arn: str, datasets: Callable[[], Datasets]) -> Group:
        """`datasets` says where its data lies, should it have to be loaded."""
        group = self._groups.get(arn)
        if group is not None and self.is_fresh(arn):
            return group
        loading = self._loading.get(arn) or self._start(arn, datasets())
        if group is None:
            return await asyncio.shield(loading.task)
        left = loading.began + self._patience - time.monotonic()
        if left > 0:
            await asyncio.wait([loading.task], timeout=left)
        return self._groups.get(arn, group)

    def is_fresh(self, arn: str) -> bool:
        """Whether its group is loaded and no data has changed since."""
        return arn in self._groups and arn not in self._stale

    async def model(self, directory: str) -> ServedModel:
        found = self._models.get(directory)
        if found is None:
            found = await asyncio.to_thread(load_model, Path(directory))
            self._models[directory] = found
            while len(self._models) > _MODELS_KEPT:
                self._models.popitem(last=False)
        self._models.move_to_end(directory)
        return found

    def forget(self, arn: str | None) -> None:
        """Its data changed: load it again when it is next needed."""
        if arn in self._groups:
            self._stale.add(arn)
        self._loading.pop(arn or "", None)

    def drop(self, arn: str) -> None:
        """It is deleted."""
        self._groups.pop(arn, None)
        self._loading.pop(arn, None)

    def put_event(self, arn: str | None, event: Event, impression: Sequence[str]) -> None:
        """A group that is not loaded will read it from the database."""
        group = self._groups.get(arn or "")
        if group is not None:
            group.put_event(event, impression)

    def put_records(
        self, arn: str | None, dataset_type: DatasetType, records: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> None:
        """A group that is not loaded will read them from the database."""
        group = self._groups.get(arn or "")
        if group is not None:
            group.put_records(dataset_type, records)

    def remember(self, recommendation_id: str, items: Sequence[str]) -> None:
        """So that an event that names the recommendation has its impression."""
        self.shown[recommendation_id] = items
        while len(self.shown) > _LISTS_KEPT:
            self.shown.popitem(last=False)

    def _start(self, arn: str, datasets: Datasets) -> _Loading:
        task = asyncio.get_running_loop().create_task(self._load(arn, datasets))
        self._loading[arn] = _Loading(task, time.monotonic())
        return self._loading[arn]

    async def _load(self, arn: str, datasets: Datasets) -> Group:
        path, now = self._host.database.path, self._host.clock.now()
        try:
            group = await asyncio.to_thread(load_group, datasets, path, now=now)
            if self._is_current(arn):  # else its data changed meanwhile
                catch_up(group, datasets, path, now=now)
                self._groups[arn] = group
                self._stale.discard(arn)
            return group
        finally:
            if self._is_current(arn):
                del self._loading[arn]

    def _is_current(self, arn: str) -> bool:
        loading = self._loading.get(arn)
        return loading is not None and loading.task is asyncio.current_task()
