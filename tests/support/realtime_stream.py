"""A shard of all that producers send, good and bad, and a Lambda that delivers it until it is through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from consumers.realtime.judged import Judge, Judged
from consumers.realtime.lines import KinesisRecord, lines_of
from contract.checkpoints import Checkpoint, encode_checkpoint
from contract.codec import Consent, Event, encode
from contract.errors import TransientError
from contract.ledger import DELIVERED, QUARANTINED
from contract.ranges import Ranges
from producers.simulator.broken import KINDS, broken_line
from tests.factories import NOW, event
from tests.support.mortal import Killed
from tests.support.realtime_world import EARLIEST, World, aggregated, record

_MOST_DELIVERIES = 10_000


@dataclass
class Shard:
    """Records that random producers put, and what is in them as the contract has it."""

    records: list[KinesisRecord]
    judged: list[Judged] = field(init=False)

    def __post_init__(self) -> None:
        judge = Judge(earliest=EARLIEST, sends_interactions=True)
        self.judged = [judge.judge(line) for line in lines_of(self.records)]

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(judged.outcome for judged in self.judged if judged.outcome is not None)

    @property
    def exported(self) -> set[str]:
        return {judged.event.event_id for judged in self.judged if judged.event and judged.outcome == DELIVERED}

    @property
    def poison(self) -> list[tuple[str, bytes]]:
        return [(judged.reason, judged.line.data) for judged in self.judged if judged.outcome == QUARANTINED]

    @property
    def producers(self) -> dict[str, Ranges]:
        stamps: dict[str, list[int]] = {}
        for judged in self.judged:
            if judged.stamp:
                stamps.setdefault(judged.stamp[0], []).append(judged.stamp[1])
        return {name: Ranges.of(seqs) for name, seqs in stamps.items()}


def random_shard(rng: Random, *, count: int, repeats: bool) -> Shard:
    """`count` records: single, of several lines, aggregated, damaged, empty; events of a few users, poison of every
    kind, checkpoints; with `repeats`, lines that come again."""
    lines: list[bytes] = []

    def line() -> bytes:
        if repeats and lines and rng.random() < 0.1:
            return rng.choice(lines)
        lines.append(_line(rng, len(lines) + 1))
        return lines[-1]

    def data() -> bytes:
        several = [line() for _ in range(rng.randint(1, 6))]
        packed = aggregated(*several)
        damaged = packed[:-1] + bytes([packed[-1] ^ 1])
        forms: tuple[bytes, ...] = (
            several[0],
            several[0].rstrip(b"\n"),
            b"".join(several),
            packed,
            packed,
            damaged,
            b"\n",
        )
        return rng.choices(forms, (6, 1, 2, 4, 4, 1, 1))[0]

    return Shard([record(100 + 3 * number, data()) for number in range(count)])


def _line(rng: Random, number: int) -> bytes:
    made = _event(rng, number)
    if rng.random() < 0.15:
        return broken_line(rng.choice(KINDS), made, number) + b"\n"
    if rng.random() < 0.05:
        return encode_checkpoint(Checkpoint(producer_id="p-1", number=number, accepted=number, at=NOW, final=False))
    return encode(made)


def _event(rng: Random, number: int) -> Event:
    visitor = f"v-{rng.randrange(6)}"
    return event(
        event_id=f"e-{number:05d}",
        event_type=rng.choice(("view", "view", "click", "purchase", "search", "impression")),
        occurred_at=f"2026-11-23T{rng.randrange(3, 9):02d}:{rng.randrange(60):02d}:00.000Z",
        user_id=visitor if rng.random() < 0.5 else None,
        anonymous_id=f"a-{visitor}",
        session_id=rng.choice((None, f"s-{visitor}")),
        item_id=f"i-{rng.randrange(20)}",
        recommendation_id=rng.choice((None, "RID-1")),
        consent=rng.choice((None, None, None, Consent(personalization=False))),
        producer_id="p-1",
        producer_seq=number,
    )


@dataclass
class Chaos:
    """Before or after any effect the process may die, or the answer be an error; both with these chances."""

    rng: Random
    killed: float = 0.0
    refused: float = 0.0
    kills: int = 0

    def __call__(self, _effect: str) -> None:
        drawn = self.rng.random()
        if drawn < self.killed:
            self.kills += 1
            raise Killed
        if drawn < self.killed + self.refused:
            raise TransientError("busy")


def deliver_all(world: World, shard: Sequence[KinesisRecord], rng: Random, *, largest: int = 20) -> None:
    """As Lambda does: in batches of any size, again from what was given back, from the batch's start after a crash,
    and at times from before it, as after a checkpoint that was lost."""
    at, deliveries = 0, 0
    while at < len(shard):
        deliveries += 1
        assert deliveries < _MOST_DELIVERIES, "the shard does not come to its end"
        batch = shard[at : at + rng.randint(1, largest)]
        try:
            given_back = world.deliver(batch)
        except Killed:
            world.new_process()
            continue
        at += len(batch) if given_back is None else _place_of(batch, given_back)
        if rng.random() < 0.1:
            at = max(0, at - rng.randint(0, 5))


def _place_of(batch: Sequence[KinesisRecord], sequence: str) -> int:
    return [one["kinesis"]["sequenceNumber"] for one in batch].index(sequence)


def settled_without_faults(shard: Shard) -> World:
    """Another world, in which nothing ever went wrong."""
    world = World()
    deliver_all(world, shard.records, Random(0), largest=len(shard.records))
    return world


def assert_each_line_counted_once(world: World, shard: Shard) -> None:
    """The accounts name every line once, every exported event was put, every poison is kept; nothing else."""
    accounts = sorted(world.store.accounts, key=lambda account: account.first)
    assert all(before.last < after.first for before, after in pairwise(accounts))
    assert world.outcomes() == shard.outcomes
    seen: dict[str, Ranges] = {}
    for account in accounts:
        seen |= {name: seen.get(name, Ranges()) | seqs for name, seqs in account.producers.items()}
    assert seen == shard.producers
    assert set(world.personalize.events) == shard.exported
    assert world.poison() == shard.poison
