"""A batch of Kinesis records: what can be used is used, the rest is kept, and each line is accounted for once.

The order is what makes a crash harmless. Poison is kept, then events are put (Personalize knows them by eventId), then
users are written (each item says what it has read); the watermark comes last, in one transaction with everything that
counts. Whatever of this was done by a batch that died is done again, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import structlog

from consumers.clock import Clock
from consumers.realtime.calls import calls_of
from consumers.realtime.chunks import chunks
from consumers.realtime.entries import Entry
from consumers.realtime.judged import Judge, Judged
from consumers.realtime.lines import KinesisRecord, lines_of, shard_of
from consumers.realtime.popularity import Popularity
from consumers.realtime.quarantine import Poison, Quarantine, objects_of
from consumers.realtime.report import Metrics, Report, known_at_ms
from consumers.realtime.sending import Sender, Sent
from consumers.realtime.settlement import Store, Users, Watermark
from consumers.realtime.settling import settlement_of
from consumers.realtime.users import after, happenings
from consumers.state_table import Conflict
from contract.codec import Event
from contract.errors import TransientError
from contract.ledger import QUARANTINED

log = structlog.get_logger()

REFUSED = "refused_by_personalize"


class BatchItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda delivers again from the lowest sequence number that is named, if one is."""

    batchItemFailures: list[BatchItemFailure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """What it does to the world, it does through these."""

    judge: Judge
    sender: Sender
    quarantine: Quarantine
    users: Users
    store: Store
    metrics: Metrics
    clock: Clock

    def consume(self, records: Sequence[KinesisRecord], *, until: float) -> BatchResponse:
        """Settle the lines from the first one on, as far as the world and the time let it: `until` of the monotonic
        clock nothing new is begun. The first record that is not settled whole is given back."""
        report = Report(shard=shard_of(records), records=len(records))
        _Batch(self, report, until).settle(records)
        now = self.clock.now()
        self.metrics.emit(report, now)
        log.info("batch_settled" if report.given_back is None else "batch_given_back", **report.facts(now))
        return {"batchItemFailures": [{"itemIdentifier": number} for number in _spelled(report.given_back, records)]}


@dataclass(slots=True)
class _Batch:
    """One invocation; knows how far it is."""

    world: Consumer
    report: Report
    until: float
    watermark: Watermark | None = field(default=None, init=False)
    popularity: Popularity = field(default_factory=Popularity, init=False)

    def settle(self, records: Sequence[KinesisRecord]) -> None:
        self.report.given_back = int(records[0]["kinesis"]["sequenceNumber"])
        try:
            self.watermark = self.world.store.watermark(self.report.shard)
            self._settle_chunks(records)
        except (TransientError, Conflict) as error:
            self.report.why = str(error)

    def _settle_chunks(self, records: Sequence[KinesisRecord]) -> None:
        lines = list(lines_of(records))
        fresh = [line for line in lines if self.watermark is None or line.place > self.watermark.place]
        self.report.skipped = len(lines) - len(fresh)
        if fresh:
            self.popularity = self.world.store.popularity(self.report.shard)
        for chunk in chunks(map(self.world.judge.judge, fresh)):
            self.report.given_back = chunk[0].line.sequence
            if self.world.clock.monotonic() > self.until:
                raise TransientError("no time is left")
            settled = self._settle_chunk(chunk)
            if settled < len(chunk):
                self.report.given_back = chunk[settled].line.sequence
                return
        self.report.given_back = None

    def _settle_chunk(self, chunk: Sequence[Judged]) -> int:
        """How many of its lines, from the first on, are settled now."""
        kept = self._keep_poison(chunk)
        sent = self.world.sender.send(calls_of(_to_send(chunk[:kept])), until=self.until)
        done = self._finished(chunk[:kept], sent)
        done = done[: self._keep_poison(done, only=REFUSED)]
        self._count_calls(sent)
        if done:
            self._write_users(done)
            self._write_settlement(done)
            self._count_lines(done, sent)
        return len(done)

    def _keep_poison(self, chunk: Sequence[Judged], only: str | None = None) -> int:
        """Write it to the quarantine. How many lines may go on: those before the first poison where it is refused."""
        poison = [
            (number, Poison(line=judged.line, reason=judged.reason, rule=judged.rule))
            for number, judged in enumerate(chunk)
            if judged.outcome == QUARANTINED and only in {None, judged.reason}
        ]
        try:
            for key, body in objects_of(self.report.shard, (one for _, one in poison)).items():
                self.world.quarantine.put(key, body)
        except TransientError as error:
            self.report.why = str(error)
            return poison[0][0]
        return len(chunk)

    def _finished(self, chunk: Sequence[Judged], sent: Sent) -> list[Judged]:
        """The lines before the first one that Personalize has not decided on, with what it decided."""
        finished = []
        for number, judged in enumerate(chunk):
            if number in sent.refused:
                message = sent.refused[number]
                finished.append(judged._replace(outcome=QUARANTINED, event=None, reason=REFUSED, rule=message))
            elif judged.entry is None or number in sent.taken_at:
                finished.append(judged)
            else:
                self.report.why = sent.why
                break
        return finished

    def _write_users(self, done: Iterable[Judged]) -> None:
        found = happenings(done)
        if not found:
            return
        known = self.world.users.read(found.keys())
        changed = {user: after(known.get(user), self.report.shard, events) for user, events in found.items()}
        self.world.users.write({user: item for user, item in changed.items() if item is not None})

    def _write_settlement(self, done: Sequence[Judged]) -> None:
        now = self.world.clock.now()
        settlement = settlement_of(self.report.shard, done, self.watermark, self.popularity, now)
        self.world.store.settle(settlement)
        self.watermark = settlement.watermark
        self.popularity = settlement.popularity or self.popularity

    def _count_calls(self, sent: Sent) -> None:
        self.report.put_events_calls += sent.calls
        self.report.throttles += sent.throttles

    def _count_lines(self, done: Sequence[Judged], sent: Sent) -> None:
        for number, judged in enumerate(done):
            if judged.outcome is not None:
                self.report.outcomes[judged.outcome] += 1
            if judged.reason:
                self.report.reasons[judged.reason] += 1
            if judged.event is not None:
                self.report.has_read(judged.event)
            if judged.event is not None and number in sent.taken_at:
                took = round(sent.taken_at[number] * 1_000) - known_at_ms(judged.event)
                self.report.event_to_put_events_ms.append(took)


def _spelled(sequence: int | None, records: Sequence[KinesisRecord]) -> list[str]:
    """The number as the batch has it: Lambda compares text, and some endpoints write leading zeros."""
    numbers = (record["kinesis"]["sequenceNumber"] for record in records)
    return [next(number for number in numbers if int(number) == sequence)] if sequence is not None else []


def _to_send(chunk: Sequence[Judged]) -> Iterable[tuple[int, Event, Entry]]:
    return (
        (number, judged.event, judged.entry)
        for number, judged in enumerate(chunk)
        if judged.event is not None and judged.entry is not None
    )
