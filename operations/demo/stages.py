"""Stages with their time, shown as they happen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console


@dataclass(slots=True)
class Stages:
    """`seconds`: stage -> wall seconds, in the order in which they ran."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str, what: str) -> Iterator[Callable[[str], None]]:
        """Shows `what` while the block runs, and how long it took; the block may say how far it is."""
        began = time.monotonic()
        with self.console.status(f"{what} …") as status:
            yield lambda progress: status.update(f"{what}: {progress} …")
        self.seconds[name] = round(time.monotonic() - began, 2)
        self.console.print(f"[green]✓[/] {what} [dim]{self.seconds[name]:.1f} s[/]")

    @property
    def total(self) -> float:
        return round(sum(self.seconds.values()), 2)
