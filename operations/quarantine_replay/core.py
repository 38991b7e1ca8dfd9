"""Refused lines that the contract takes by now go in again, each once however often this is run.

What is on its way is noted after it was taken, so that nothing is lost: a run that dies in between sends some lines
twice, which the lake knows by their event_id, Personalize by the same eventId, and the catalog by its versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from operations.quarantine import BadLine, digest_of
from operations.quarantine_replay.replayed import Replayed
from operations.quarantine_replay.verdict import Contract, Left, ToStream, arrived_at
from producers.sdk.stream import Record

PART = 10_000
"""Lines between two notes: as many can be sent twice by a run that dies."""


class StreamSink(Protocol):
    """`producers.sdk.batches.BatchWriter` is one. Raises `TransientError`."""

    def add(self, record: Record) -> None: ...

    def flush(self) -> None: ...


class QueueSink(Protocol):
    """Raises `TransientError`."""

    def add(self, body: str) -> None: ...

    def flush(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines a person wants in again; None: all."""

    reason: str | None = None
    rule: str | None = None
    since: datetime | None = None

    def includes(self, line: BadLine) -> bool:
        return (
            self.reason in {None, line.reason}
            and self.rule in {None, line.rule}
            and (self.since is None or arrived_at(line) >= self.since)
        )


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Of `wanted` lines. `left`: why -> lines. A line that lies there several times goes in once; the others are
    `repeated`."""

    wanted: int = 0
    to_stream: int = 0
    to_queue: int = 0
    repeated: int = 0
    before: int = 0  # went in at an earlier run
    left: Counter[str] = field(default_factory=Counter)

    @property
    def replayed(self) -> int:
        return self.to_stream + self.to_queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    contract: Contract
    replayed: Replayed
    stream: StreamSink
    queue: QueueSink
    clock: Callable[[], datetime]
    progress: Callable[[Outcome], None] = lambda _: None

    def run(self, lines: Iterable[BadLine], wanted: Wanted, *, dry: bool = False) -> Outcome:
        """What was done or, `dry`, what would be. Raises `TransientError` where something was not taken: run again."""
        outcome, before = Outcome(), self.replayed.known()
        now: set[bytes] = set()
        part: list[bytes] = []
        for line in filter(wanted.includes, lines):
            outcome.wanted += 1
            digest = digest_of(line)
            if digest in before or digest in now:
                outcome.before += digest in before
                outcome.repeated += digest in now
            elif self._goes(line, outcome, dry=dry):
                now.add(digest)
                part.append(digest)
            if len(part) == PART:
                self._note(part, dry=dry)
                part = []
                self.progress(outcome)
        if part:
            self._note(part, dry=dry)
        return outcome

    def _goes(self, line: BadLine, outcome: Outcome, *, dry: bool) -> bool:
        verdict = self.contract.verdict(line)
        if isinstance(verdict, Left):
            outcome.left[verdict.why] += 1
            return False
        if isinstance(verdict, ToStream):
            outcome.to_stream += 1
            if not dry:
                self.stream.add(verdict.record)
        else:
            outcome.to_queue += 1
            if not dry:
                self.queue.add(verdict.body)
        return True

    def _note(self, part: list[bytes], *, dry: bool) -> None:
        if not dry:
            self.stream.flush()
            self.queue.flush()
            self.replayed.note(part, at=self.clock())
