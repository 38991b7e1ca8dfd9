"""Runs what changes ministack's lists on the thread that serves its API.

Its queues are plain lists which each change replaces; two threads at once lose a message.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from infra.local import patches

_SECONDS: Final = 60.0
_GUARDED: Final = (
    "ministack.services.sqs:_receive_messages_for_esm",
    "ministack.services.sqs:_delete_messages_for_esm",
    "ministack.services.eventbridge:_dispatch_to_sqs",
)


class LoopThread:
    """The serving loop; before it runs, calls are made where they are."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def bind(self) -> None:
        """The running loop of this thread serves from now on."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()

    def guard(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, made to run on the serving thread; callers elsewhere wait for it."""

        def guarded(*args: Any) -> Any:
            if self._loop is None or threading.get_ident() == self._thread:
                return function(*args)
            future: Future[Any] = Future()
            context = contextvars.copy_context()  # the account and region of the caller

            def run() -> None:
                try:
                    future.set_result(context.run(function, *args))
                except Exception as error:  # noqa: BLE001 - the caller's to handle
                    future.set_exception(error)

            self._loop.call_soon_threadsafe(run)
            return future.result(timeout=_SECONDS)

        return guarded

    def install(self) -> None:
        """Guard what ministack's pollers and our deliveries do to its queues."""
        for name in _GUARDED:
            patches.replace(name, self.guard(patches.get(name)))
