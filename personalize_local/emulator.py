"""One account's Personalize in one region: its resources, its events, its jobs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from personalize_local.arns import Arns
from personalize_local.clock import Clock
from personalize_local.jobs.runner import Jobs
from personalize_local.jobs.schedule import Schedule
from personalize_local.jobs.workers import Workers
from personalize_local.operations import call
from personalize_local.serving.live import Live
from personalize_local.state import resources as stored
from personalize_local.state.database import Database, connect
from personalize_local.state.resources import Resources


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one emulator runs."""

    data: Path
    clock: Clock = field(default_factory=Clock)
    arns: Arns = field(default_factory=Arns)
    workers: int = 1  # processes that import, train and write batches
    s3_endpoint: str | None = None  # None: as boto3 finds it
    seed: int = 0


class Emulator:
    """Everything that operations work on. `open` it within the event loop that serves requests."""

    def __init__(self, settings: Settings) -> None:
        settings.data.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.clock = settings.clock
        self.arns = settings.arns
        self.database = Database(settings.data / "state.sqlite")
        self.resources = Resources(self.clock)
        self._writing: asyncio.Task[None] | None = None
        self.live = Live(self)
        self.generator = np.random.default_rng(settings.seed)  # of exploration and of promotions' places
        self.jobs = Jobs(self, Workers(most=settings.workers))
        self.schedule = Schedule(self)
        self.resources.watchers.append(lambda resource: self.live.forget(resource.group))

    async def open(self) -> None:
        """Read the state and take up the jobs that were running."""
        reading = connect(self.database.path, readonly=True)
        self.resources.load(reading)
        reading.close()
        self.schedule.start()  # first: what it finds no name for, no job is writing yet
        self.jobs.resume()

    async def close(self) -> None:
        """End the workers; their jobs run again at the next start."""
        await self.schedule.close()
        await self.jobs.close()
        await self.save()
        self.database.close()

    async def answer(self, operation: str, request: Mapping[str, Any]) -> Any:
        """What the operation answers, once all that it changed is on disk; raises `ServiceError`."""
        try:
            answer = call(operation, self, request)
            return await answer if inspect.isawaitable(answer) else answer
        finally:
            await self.save()

    async def save(self) -> None:
        """Write the resources that changed. Also waits for what others are writing: an answer may already show it."""
        changes = self.resources.changes()
        if changes:
            self._writing = asyncio.get_running_loop().create_task(self._write(changes))
        if self._writing and not self._writing.done():
            await asyncio.shield(self._writing)

    async def _write(self, changes: Sequence[tuple[str, bytes | None]]) -> None:
        try:
            await self.database.commit(lambda connection: stored.write(connection, changes))
        except Exception:
            self.resources.changed_still(arn for arn, _ in changes)
            raise
