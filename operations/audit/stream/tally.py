"""Accounts of the stream consumer, added up one by one: there may be millions, and little is kept of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contract.ledger import COUNTED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import StreamAccount
from operations.audit.report import Finding

HOP = "put_events"
_PAIRS_AT_ONCE = 50_000

Stamps = Mapping[str, Ranges]  # producer -> numbers of its events


@dataclass(slots=True)
class StampSet:
    """Joins as it grows: a producer's numbers, without gaps, are one pair."""

    pairs_at_once: int = _PAIRS_AT_ONCE
    _pairs: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _loose: int = 0

    def add(self, stamps: Stamps) -> None:
        for producer_id, seqs in stamps.items():
            self._pairs[producer_id] += seqs.pairs
            self._loose += len(seqs.pairs)
        if self._loose > self.pairs_at_once:
            self._join()

    def joined(self) -> dict[str, Ranges]:
        self._join()
        return {producer_id: Ranges(tuple(pairs)) for producer_id, pairs in self._pairs.items()}

    def _join(self) -> None:
        for producer_id, pairs in self._pairs.items():
            self._pairs[producer_id] = list(Ranges.join(pairs).pairs)
        self._loose = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """`keeps_refusing`: whether accounts with quarantined lines are kept as they are, to be looked at."""

    keeps_refusing: bool = True
    outcomes: Counter[str] = field(default_factory=Counter)  # reasons left out
    findings: list[Finding] = field(default_factory=list)
    refusing: list[StreamAccount] = field(default_factory=list)
    newest: dict[str, StreamAccount] = field(default_factory=dict)  # by shard
    _stamps: StampSet = field(default_factory=StampSet)
    _later: StreamAccount | None = None

    @property
    def lines(self) -> int:
        return self.outcomes.total()

    def stamps(self) -> dict[str, Ranges]:
        return self._stamps.joined()

    def add(self, account: StreamAccount) -> None:
        """Those of a shard come one after the other, the newest first."""
        for outcome, count in account.outcomes.items():
            self.outcomes[outcome.partition(":")[0]] += count
        self._stamps.add(account.producers)
        self.newest.setdefault(account.shard, account)
        if self.keeps_refusing and account.count(QUARANTINED):
            self.refusing.append(account)
        self._check(account)
        self._later = account

    def _check(self, account: StreamAccount) -> None:
        named = sum(map(len, account.producers.values()))
        if named > account.lines:
            self.findings.append(doubt(f"names {named:,} events and has {account.lines:,} lines", account))
        if account.last < account.first:
            self.findings.append(doubt("ends before it begins", account))
        if unknown := sorted(name for name in account.outcomes if name.partition(":")[0] not in COUNTED):
            what = f"has an outcome that the ledger does not know: {', '.join(unknown)}"
            self.findings.append(doubt(what, account))
        later = self._later
        if later is not None and later.shard == account.shard and later.first <= account.last:
            self.findings.append(doubt("counts lines that the account before it counts too", later))


def tally(accounts: Iterable[StreamAccount], *, keeps_refusing: bool = True) -> Tally:
    """Of accounts shard by shard, the newest first."""
    added = Tally(keeps_refusing=keeps_refusing)
    for account in accounts:
        added.add(account)
    return added


def doubt(what: str, account: StreamAccount) -> Finding:
    return Finding(hop=HOP, what=f"an account {what}", where=f"{account.shard} from {account.first.key}")
