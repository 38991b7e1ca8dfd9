"""The groups and models that requests need, loaded when first asked for, forgotten when data changes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
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


class Host(Protocol):
    """What this needs of the emulator."""

    clock: Clock
    database: Database


class Live:
    """One asyncio task loads a group or a model; whoever needs it meanwhile waits for that."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._groups: dict[str, Group] = {}
        self._loading: dict[str, asyncio.Task[Group]] = {}
        self._models: OrderedDict[str, ServedModel] = OrderedDict()
        self.shown: OrderedDict[str, Sequence[str]] = OrderedDict()  # recommendationId -> items
        self.dropped = 0  # events that were answered with 200 and that nothing comes of

    async def group(self, arn: str, datasets: Callable[[], Datasets]) -> Group:
        """`datasets` says where its data lies, should it have to be loaded."""
        group = self._groups.get(arn)
        if group is not None:
            return group
        loading = self._loading.get(arn)
        if loading is None:
            loading = self._loading[arn] = asyncio.get_running_loop().create_task(self._load(arn, datasets()))
        return await asyncio.shield(loading)

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
        self._groups.pop(arn or "", None)
        self._loading.pop(arn or "", None)

    def put_event(self, arn: str | None, event: Event, impression: Sequence[str]) -> None:
        """A group that is not loaded will read it from the database."""
        group = self._groups.get(arn or "")
        if group is not None:
            group.put_event(event, impression)

    def put_records(
        self, arn: str | None, dataset_type: DatasetType, records: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> None:
        group = self._groups.get(arn or "")
        if group is not None:
            group.put_records(dataset_type, records)
        else:
            self.forget(arn)  # a load that is under way may have missed them

    def remember(self, recommendation_id: str, items: Sequence[str]) -> None:
        """So that an event that names the recommendation has its impression."""
        self.shown[recommendation_id] = items
        while len(self.shown) > _LISTS_KEPT:
            self.shown.popitem(last=False)

    async def _load(self, arn: str, datasets: Datasets) -> Group:
        path, now = self._host.database.path, self._host.clock.now()
        try:
            group = await asyncio.to_thread(load_group, datasets, path, now=now)
            if self._loading.get(arn) is asyncio.current_task():  # else its data changed meanwhile
                if "Interactions" in datasets:
                    catch_up(group, datasets["Interactions"]["arn"], path, now=now)
                self._groups[arn] = group
            return group
        finally:
            if self._loading.get(arn) is asyncio.current_task():
                del self._loading[arn]
