"""What is due by the clock: asked at the start, then again and again, one's bug being no other's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from personalize_local.jobs.schedule import DUE, Schedule, every

pytestmark = pytest.mark.unit


class Host:
    """Counts what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.saved = 0

    async def save(self) -> None:
        self.saved += 1


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Nothing else is registered meanwhile."""
    before = list(DUE)
    DUE.clear()
    yield
    DUE[:] = before


def _note(name: str, *, seconds: float = 0, fails: bool = False) -> None:
    @every(seconds=seconds)
    def due(host: Any) -> None:
        host.calls.append(name)
        if fails:
            raise ValueError("a bug")


def test_everything_is_asked_at_once_and_again_when_its_time_has_come() -> None:
    _note("often")
    _note("seldom", seconds=60)
    host = Host()
    schedule = Schedule(host)
    schedule.ask()
    schedule.ask()

    assert host.calls == ["often", "seldom", "often"]


def test_a_bug_in_one_is_logged_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    _note("broken", fails=True)
    _note("good")
    host = Host()
    Schedule(host).ask()

    assert host.calls == ["broken", "good"]
    assert "ValueError: a bug" in capsys.readouterr().err


def test_it_goes_on_by_itself_until_it_is_closed() -> None:
    _note("often")
    host = Host()

    async def live() -> None:
        schedule = Schedule(host)
        schedule.start()
        await asyncio.sleep(0.5)
        await schedule.close()
        await Schedule(host).close()  # never started

    asyncio.run(live())

    assert len(host.calls) == host.saved + 1
    assert host.saved in {1, 2}
