"""Writes are on disk when they are answered, together or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from personalize_local.state.database import Database, connect

pytestmark = pytest.mark.unit

INSERT = "INSERT INTO settings VALUES (?, ?)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "state.sqlite")
    yield made
    made.close()


def _put(name: str) -> Any:
    return lambda connection: connection.execute(INSERT, (name, "x")).rowcount


def _names(path: Path) -> list[str]:
    connection = connect(path, readonly=True)
    found = [name for (name,) in connection.execute("SELECT name FROM settings ORDER BY name")]
    connection.close()
    return found


def test_what_was_answered_is_seen_by_every_other_connection(database: Database) -> None:
    answer = asyncio.run(database.commit(_put("a")))

    assert (answer, _names(database.path)) == (1, ["a"])


def test_a_write_that_fails_undoes_only_itself(database: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("half", "x"))
        raise ValueError("no")

    async def all_at_once() -> list[Any]:
        writes = [_put("a"), half, _put("a"), _put("b")]
        return await asyncio.gather(*map(database.commit, writes), return_exceptions=True)

    first, failed, again, last = asyncio.run(all_at_once())

    assert (first, last, _names(database.path)) == (1, 1, ["a", "b"])
    assert isinstance(failed, ValueError)
    assert isinstance(again, sqlite3.IntegrityError)


def test_many_writers_lose_nothing(database: Database) -> None:
    names = [f"{number:04}" for number in range(2_500)]

    async def all_at_once() -> None:
        await asyncio.gather(*(database.commit(_put(name)) for name in names))

    asyncio.run(all_at_once())

    assert _names(database.path) == names


def test_a_caller_that_gave_up_does_not_stop_the_writer(database: Database) -> None:
    async def give_up() -> None:
        task = asyncio.create_task(database.commit(_put("a")))
        await asyncio.sleep(0)
        task.cancel()
        await database.commit(_put("b"))

    asyncio.run(give_up())

    assert _names(database.path) == ["a", "b"]


def test_closing_commits_what_waits(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.sqlite")

    async def leave() -> None:
        task = asyncio.create_task(database.commit(_put("a")))
        await asyncio.sleep(0)
        database.close()
        await task

    asyncio.run(leave())

    assert _names(tmp_path / "state.sqlite") == ["a"]


def test_readers_cannot_write(database: Database) -> None:
    connection = connect(database.path, readonly=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute(INSERT, ("a", "x"))
    connection.close()
