"""Takes a job's resource from CREATE PENDING to its end, over restarts too."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from personalize_local.clock import Clock
from personalize_local.jobs.workers import JobFailed, Workers
from personalize_local.state.lifecycle import active_at, in_progress_at
from personalize_local.state.resources import (
    ACTIVE,
    FAILED,
    IN_PROGRESS,
    RUNNING,
    STOPPED,
    STOPPING,
    Resource,
    Resources,
    Step,
)  # fmt: skip


class Host(Protocol):
    """What the runner needs of the emulator."""

    clock: Clock
    resources: Resources

    async def save(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """How jobs of one kind of resource are done.

    `prepare` says what the worker is to do, as JSON; `settle` takes that and the answer into the state. Between them
    the process may die: then the job is prepared and done again, so a worker writes only what `settle` makes visible.
    """

    task: str
    prepare: Callable[[Any, Resource], dict[str, Any]]
    settle: Callable[[Any, Resource, Mapping[str, Any], Mapping[str, Any]], Awaitable[None]]
    statuses: Mapping[str, str] = field(default_factory=dict)  # where a kind words them its own way
    failed: Callable[[Any, Resource], None] = lambda _host, _resource: None


KINDS: Final[dict[str, JobKind]] = {}


class Jobs:
    """Every job that is not at its end has one asyncio task here."""

    def __init__(self, host: Host, workers: Workers) -> None:
        self._host = host
        self._workers = workers
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, resource: Resource) -> None:
        """Begin, or begin again, the job of a resource."""
        task = asyncio.get_running_loop().create_task(self._run(resource), name=resource.arn)
        self._running[resource.arn] = task
        task.add_done_callback(lambda _: self._running.pop(resource.arn, None))

    def resume(self) -> None:
        """Start again what was running when the process ended."""
        for resource in self._host.resources:
            kind = KINDS.get(resource.kind)
            if kind and _plain(kind, resource.steps[-1].status) in RUNNING:
                self.start(resource)

    def stop(self, resource: Resource) -> None:
        """End a job before its work is done: CREATE STOPPING, then CREATE STOPPED."""
        now = self._host.clock.now()
        if self._host.resources.status(resource) == IN_PROGRESS:
            self._step(resource, STOPPING, now)
        task = self._running.get(resource.arn)
        if task:
            task.cancel()
        self._step(resource, STOPPED, now)

    @property
    def busy(self) -> bool:
        return bool(self._running)

    async def idle(self) -> None:
        """Wait until no job runs."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def close(self) -> None:
        """Kill the workers; the jobs' resources stay as they are and are resumed later."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._workers.close()

    async def _run(self, resource: Resource) -> None:
        host, kind = self._host, KINDS[resource.kind]
        try:
            await host.clock.until(in_progress_at(host.clock, resource))
            async with self._workers.turn():
                if _plain(kind, resource.steps[-1].status) != IN_PROGRESS:  # resumed ones are
                    self._step(resource, IN_PROGRESS, host.clock.now())
                    await host.save()
                arguments = kind.prepare(host, resource)
                result = await self._workers.run(kind.task, arguments)
            await host.clock.until(active_at(host.clock, resource))
            await kind.settle(host, resource, arguments, result)
            self._step(resource, ACTIVE, host.clock.now())
        except JobFailed as failure:
            self._fail(resource, failure.reason)
        except Exception:  # noqa: BLE001 - a bug must not leave a job that runs for ever
            traceback.print_exc()
            self._fail(resource, "An internal error of the emulator; its log has the traceback.")
        await host.save()

    def _fail(self, resource: Resource, reason: str) -> None:
        resource.failure = reason
        self._step(resource, FAILED, self._host.clock.now())
        KINDS[resource.kind].failed(self._host, resource)

    def _step(self, resource: Resource, status: str, at: float) -> None:
        worded = KINDS[resource.kind].statuses.get(status, status)
        resource.steps.append(Step(at, worded))
        self._host.resources.changed(resource)


def _plain(kind: JobKind, status: str) -> str:
    return next((plain for plain, worded in kind.statuses.items() if worded == status), status)
