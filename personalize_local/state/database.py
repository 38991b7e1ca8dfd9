"""One SQLite file, written by one thread that commits whatever waits in one transaction.

What `commit` has answered is on disk: the log is synced before the futures are set.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS resources (arn TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, event_id TEXT NOT NULL,
  user_id TEXT, session_id TEXT NOT NULL, item_id TEXT, event_type TEXT NOT NULL, sent_at INTEGER NOT NULL,
  event_value REAL, recommendation_id TEXT, impression TEXT, attribution TEXT, properties TEXT,
  UNIQUE (dataset, event_id)
);
CREATE INDEX IF NOT EXISTS events_of_user ON events (dataset, user_id);
CREATE TABLE IF NOT EXISTS records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, dataset TEXT NOT NULL, id TEXT NOT NULL, properties TEXT NOT NULL,
  put_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS records_of_id ON records (dataset, id);
"""
_MOST_AT_ONCE: Final = 1_000
_Write = Callable[[sqlite3.Connection], Any]
_Waiting = tuple[_Write, "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class Database:
    """The file and its writer. Reading is free for any thread or process by `connect`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._connection = connect(path)
        self._connection.executescript(SCHEMA)
        self._thread = threading.Thread(target=self._write, name="personalize-writer", daemon=True)
        self._thread.start()

    async def commit(self, write: _Write) -> Any:
        """What `write` returned, once that is on disk; what it raises undoes only it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._queue.put((write, future, loop))
        return await future

    def close(self) -> None:
        """Commit what waits, then close."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _write(self) -> None:
        while True:
            waiting, last = self._take()
            if waiting:
                self._transaction(waiting)
            if last:
                return

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Block for one, then take what else waits; True: the end was asked for."""
        taken: list[_Waiting] = []
        item = self._queue.get()
        while item is not None:
            taken.append(item)
            if len(taken) == _MOST_AT_ONCE or self._queue.empty():
                return taken, False
            item = self._queue.get()
        return taken, True

    def _transaction(self, waiting: Sequence[_Waiting]) -> None:
        answers: list[tuple[Any, BaseException | None]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers = [self._one(write) for write, _, _ in waiting]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # a full disk, say: nothing of it is there, and nobody is told that it is
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            answers = [(None, error)] * len(waiting)
        _tell(waiting, answers)

    def _one(self, write: _Write) -> tuple[Any, BaseException | None]:
        self._connection.execute("SAVEPOINT one")
        try:
            answer = write(self._connection)
        except Exception as error:  # noqa: BLE001 - it is the caller's, and goes there
            self._connection.execute("ROLLBACK TO one")
            return None, error
        finally:
            self._connection.execute("RELEASE one")
        return answer, None


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """A connection as the emulator uses them: write-ahead log, synced at every commit."""
    if readonly:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _tell(waiting: Sequence[_Waiting], answers: Sequence[tuple[Any, BaseException | None]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any, BaseException | None]]] = {}
    for (_, future, loop), (answer, error) in zip(waiting, answers, strict=True):
        by_loop.setdefault(loop, []).append((future, answer, error))
    for loop, futures in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, futures)


def _settle(futures: Sequence[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, answer, error in futures:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)
