"""Two processes whose calls take turns, in an order that a seed decides."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Turns:
    """One thread runs at a time, from one of its calls to the next."""

    seed: int
    failures: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._alive = 0
        self._next: int | None = None

    def run(self, *bodies: Callable[[], object]) -> None:
        """Until all have ended; raises what the first that failed raised."""
        self._alive = len(bodies)
        threads = [threading.Thread(target=self._live, args=(body,), daemon=True) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        if self.failures:
            raise self.failures[0]

    def take(self) -> None:
        """Wait for the turn."""
        own = threading.get_ident()
        with self._changed:
            self._waiting.add(own)
            self._choose()
            while self._next != own:
                self._changed.wait(timeout=60)
            self._next = None
            self._waiting.remove(own)

    def _live(self, body: Callable[[], object]) -> None:
        try:
            self.take()
            body()
        except BaseException as error:  # noqa: BLE001 - shown by the thread that waits
            self.failures.append(error)
        with self._changed:
            self._alive -= 1
            self._choose()

    def _choose(self) -> None:
        """Once nobody runs."""
        if self._next is None and self._waiting and len(self._waiting) == self._alive:
            self._next = self._chance.choice(sorted(self._waiting))
            self._changed.notify_all()


@dataclass
class Polite:
    """Passes calls on when it is their turn."""

    inner: Any
    turns: Turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name == "get_paginator":
            return lambda operation: Polite(found(operation), self.turns)
        if not callable(found):
            return found

        def called(*arguments: Any, **named: Any) -> Any:
            self.turns.take()
            return found(*arguments, **named)

        return called
