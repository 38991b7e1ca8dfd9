"""A log that a test reads."""

from __future__ import annotations

from typing import Any


class RememberedLog:
    """Of each line its event, and its facts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append((event, facts))

    warning = info

    def of(self, event: str) -> list[dict[str, Any]]:
        return [facts for found, facts in self.lines if found == event]
