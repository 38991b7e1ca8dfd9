"""What changes ministack's lists runs on the serving thread, whoever calls."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from infra.local.on_loop import LoopThread

pytestmark = pytest.mark.unit

account = contextvars.ContextVar("account", default="none")


def test_a_call_from_another_thread_runs_on_the_loops_thread_in_the_callers_context() -> None:
    loop = LoopThread()
    where = loop.guard(lambda text: (text, account.get(), threading.get_ident()))

    def elsewhere() -> tuple[str, str, int]:
        account.set("caller")
        found: tuple[str, str, int] = where("said")
        return found

    async def serve() -> tuple[str, str, int]:
        loop.bind()
        return await asyncio.to_thread(elsewhere)

    assert asyncio.run(serve()) == ("said", "caller", threading.get_ident())


def test_what_it_raises_is_the_callers_to_handle() -> None:
    loop = LoopThread()

    def fail() -> None:
        raise KeyError("queue")

    async def serve() -> None:
        loop.bind()
        await asyncio.to_thread(loop.guard(fail))

    with pytest.raises(KeyError, match="queue"):
        asyncio.run(serve())


def test_on_the_loops_own_thread_and_before_it_runs_the_call_is_made_in_place() -> None:
    loop = LoopThread()
    guarded = loop.guard(threading.get_ident)

    async def serve() -> int:
        loop.bind()
        found: int = guarded()
        return found

    assert guarded() == asyncio.run(serve()) == threading.get_ident()
