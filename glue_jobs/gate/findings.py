"""What the rules that count bad things found: how many, and the first with their places."""

from __future__ import annotations

from collections.abc import Sequence

from glue_jobs.gate.model import SHOWN_OFFENCES, Offence


class Findings:
    """A rule that was never visited had nothing to look at."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, list[Offence]] = {}

    def visit(self, *rules: str) -> None:
        for rule in rules:
            self._counts.setdefault(rule, 0)

    def add(self, rule: str, count: int, offences: Sequence[Offence]) -> None:
        """`offences`: the first of them, as many as are at hand."""
        self._counts[rule] = self._counts.get(rule, 0) + count
        first = self._first.setdefault(rule, [])
        first += offences[: SHOWN_OFFENCES - len(first)]

    def count(self, rule: str) -> int | None:
        return self._counts.get(rule)

    def first(self, rule: str) -> tuple[Offence, ...]:
        return tuple(self._first.get(rule, ()))

    def broken(self, file: str) -> set[str]:
        """Rules of which an offence was found in the file."""
        return {rule for rule, first in self._first.items() if any(offence.file == file for offence in first)}
