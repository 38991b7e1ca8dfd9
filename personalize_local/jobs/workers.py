"""Worker processes: one JSON line in, one JSON line out; killed to stop a job, ended when idle for a while."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from typing import Any, Final

_IDLE_SECONDS: Final = 60.0
_MAX_LINE: Final = 64 * 2**20


class JobFailed(Exception):
    """The job ended as the caller must see it: `reason` is its failureReason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Workers:
    """At most `most` processes, started when first needed."""

    def __init__(self, most: int = 1) -> None:
        self._turns = asyncio.Semaphore(most)
        self._idle: list[Process] = []
        self._ending: dict[Process, asyncio.TimerHandle] = {}

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a process may be used."""
        async with self._turns:
            yield

    async def run(self, task: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the worker answered; raises `JobFailed`. Cancelled, it kills the worker with whatever it was doing."""
        process = await self._take()
        try:
            answer = await _ask(process, {"task": task, "arguments": arguments})
        except BaseException:
            await _kill(process)
            raise
        if answer is None:
            code = await process.wait()
            raise JobFailed(f"An internal error of the emulator: its worker ended with {code}.")
        self._give_back(process)
        if "failed" in answer:
            raise JobFailed(answer["failed"])
        result: dict[str, Any] = answer["done"]
        return result

    async def close(self) -> None:
        for process in self._idle:
            self._ending.pop(process).cancel()
            await _kill(process)
        self._idle.clear()

    async def _take(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            self._ending.pop(process).cancel()
            if process.returncode is None:
                return process
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "personalize_local.jobs.worker", stdin=PIPE, stdout=PIPE, limit=_MAX_LINE,
            start_new_session=True,  # Ctrl-C is for the server, which then ends its workers
        )  # fmt: skip

    def _give_back(self, process: Process) -> None:
        self._idle.append(process)
        self._ending[process] = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._end, process)

    def _end(self, process: Process) -> None:
        self._idle.remove(process)
        del self._ending[process]
        if process.stdin:
            process.stdin.close()


async def _ask(process: Process, question: dict[str, Any]) -> dict[str, Any] | None:
    assert process.stdin  # noqa: S101 - they are pipes
    assert process.stdout  # noqa: S101
    with contextlib.suppress(ConnectionError):  # it died: reading says so
        process.stdin.write(json.dumps(question).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
    return answer


async def _kill(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
