"""What an answer shows is on disk, whoever changed it; what could not be written is written by the next save."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from personalize_local.emulator import Emulator, Settings
from personalize_local.state.database import SCHEMA
from personalize_local.state.resources import ACTIVE, Resource, Step

pytestmark = pytest.mark.unit


def _resource(name: str) -> Resource:
    return Resource(arn=name, kind="schema", name=name, body={}, created=1.0, steps=[Step(1.0, ACTIVE)])


def _stored(data: Path) -> list[str]:
    with closing(sqlite3.connect(data / "state.sqlite")) as connection:
        return [arn for (arn,) in connection.execute("SELECT arn FROM resources ORDER BY arn")]


def _execute(data: Path, script: str) -> None:
    with closing(sqlite3.connect(data / "state.sqlite")) as connection:
        connection.executescript(script)


def test_a_save_without_changes_waits_for_the_changes_that_another_one_writes(tmp_path: Path) -> None:
    async def run() -> tuple[bool, list[str]]:
        emulator, gate = Emulator(Settings(data=tmp_path)), threading.Event()
        held = asyncio.ensure_future(emulator.database.commit(lambda _: gate.wait()))
        emulator.resources.add(_resource("one"))
        writing = asyncio.create_task(emulator.save())
        await asyncio.sleep(0)
        seeing = asyncio.create_task(emulator.save())
        await asyncio.sleep(0.05)
        was_early = seeing.done()
        gate.set()
        await seeing
        found = _stored(tmp_path)
        await asyncio.gather(held, writing)
        await emulator.close()
        return was_early, found

    assert asyncio.run(run()) == (False, ["one"])


def test_what_could_not_be_written_is_written_by_the_next_save(tmp_path: Path) -> None:
    async def run() -> list[str]:
        emulator = Emulator(Settings(data=tmp_path))
        emulator.resources.add(_resource("one"))
        _execute(tmp_path, "DROP TABLE resources")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await emulator.save()
        _execute(tmp_path, SCHEMA)
        await emulator.save()
        await emulator.close()
        return _stored(tmp_path)

    assert asyncio.run(run()) == ["one"]


def test_resources_come_in_the_order_of_their_creation_after_a_restart_too(tmp_path: Path) -> None:
    async def run() -> list[list[str]]:
        emulator = Emulator(Settings(data=tmp_path))
        for created, name in enumerate(("job-8", "job-9", "job-10")):
            resource = _resource(name)
            resource.created = float(created)
            emulator.resources.add(resource)
        await emulator.close()
        again = Emulator(Settings(data=tmp_path))
        await again.open()
        found = [[each.name for each in again.resources], [each.name for each in again.resources.of("schema")]]
        await again.close()
        return found

    assert asyncio.run(run()) == [["job-8", "job-9", "job-10"]] * 2
