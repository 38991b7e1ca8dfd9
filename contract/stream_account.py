"""The ledger's entry of a stream consumer: what became of every line of one batch. Holds no user ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from contract.ranges import Ranges

EXCLUDED_TYPE = "excluded:type_not_exported"
EXCLUDED_CONSENT = "excluded:consent_refused"
EXCLUDED_VALUE = "excluded:value_too_large"
EXCLUDED_LATE = "excluded:late"  # too old for real time: files carry it
EXCLUDED_SOURCE = "excluded:interactions_source"  # files alone carry interactions


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A line of a shard: its record's sequence number, and which of the records packed in that one."""

    sequence: int
    sub: int = 0

    @property
    def key(self) -> str:
        """Sorts as the places do."""
        return f"{self.sequence:056d}:{self.sub:05d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAccount:
    """One batch: `outcomes` has one for each of its `lines`; `producers`: the producer_seq seen, whatever became of
    them. Checkpoints of producers are read, and no line."""

    consumer: str
    shard: str
    first: Place
    last: Place
    at: str  # when it was settled, RFC 3339
    outcomes: Mapping[str, int]
    producers: Mapping[str, Ranges]

    @property
    def lines(self) -> int:
        return sum(self.outcomes.values())

    def count(self, outcome: str) -> int:
        """Lines of an outcome; "excluded" adds its reasons up."""
        return sum(count for name, count in self.outcomes.items() if name.partition(":")[0] == outcome)


def encode_account(account: StreamAccount) -> str:
    """JSON, the same text for the same account."""
    return json.dumps(
        {
            "consumer": account.consumer,
            "shard": account.shard,
            "first": [str(account.first.sequence), account.first.sub],
            "last": [str(account.last.sequence), account.last.sub],
            "at": account.at,
            "outcomes": dict(sorted(account.outcomes.items())),
            "producers": {name: str(seqs) for name, seqs in sorted(account.producers.items())},
        },
        separators=(",", ":"),
    )


def decode_account(text: str) -> StreamAccount:
    raw = json.loads(text)
    return StreamAccount(
        consumer=raw["consumer"],
        shard=raw["shard"],
        first=_place(raw["first"]),
        last=_place(raw["last"]),
        at=raw["at"],
        outcomes=raw["outcomes"],
        producers={name: Ranges.parse(seqs) for name, seqs in raw["producers"].items()},
    )


def _place(raw: list[str | int]) -> Place:
    sequence, sub = raw
    return Place(sequence=int(sequence), sub=int(sub))
