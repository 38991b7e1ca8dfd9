"""A stream in memory that refuses as it is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from producers.sdk.stream import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a call goes: the positions it refuses; what it raises after it took the others."""

    refuses: frozenset[int] = frozenset()
    raises: Exception | None = None


class MemoryStream:
    """Answers as the script says, call by call; takes everything once the script is over."""

    def __init__(self, script: Iterable[Answer] = ()) -> None:
        self._script = iter(script)
        self.records: list[Record] = []
        self.calls: list[int] = []  # records asked to be put, a call

    def put(self, records: Sequence[Record]) -> Sequence[Record]:
        answer = next(self._script, Answer())
        self.calls.append(len(records))
        self.records += [r for at, r in enumerate(records) if at not in answer.refuses]
        if answer.raises is not None:
            raise answer.raises
        return [r for at, r in enumerate(records) if at in answer.refuses]
