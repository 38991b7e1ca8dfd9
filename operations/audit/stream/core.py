"""Hold the accounts of the stream consumer against raw. Pure: evidence in, a hop and findings out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise

from contract.ledger import COUNTED, DEDUPLICATED, DELIVERED, EXCLUDED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import StreamAccount
from contract.times import parse_instant
from operations.audit.core import Patience, is_overdue
from operations.audit.report import Finding, Hop, Report
from operations.audit.stream.evidence import RawObject, StreamEvidence

HOP = "put_events"
_AN_HOUR = timedelta(hours=1)

Stamps = Mapping[str, Ranges]  # producer -> numbers of its events


def audit_stream(evidence: StreamEvidence, patience: Patience) -> Report:
    """Every stamped event that lies in raw is in an account, in a batch that Lambda kept, or on its way.

    Lines that no producer stamped have no name: they are held by their number, once nothing is on its way and all
    accounts were read. As many as deliveries to raw have repeated may hide.
    """
    counted = _joined(account.producers for account in evidence.accounts)
    kept = _without(_joined(batch.producers for batch in evidence.failed), counted)
    lost, pending = _absent(evidence.raw, _joined((counted, kept)), patience)
    nameless = _nameless(evidence, counted, lost) if patience.allowed is None and evidence.whole else 0
    return Report(
        hops=[_hop(evidence, counted, kept=_size(kept), lost=_named(lost) + nameless, pending=_named(pending))],
        findings=[*lost, *_of_accounts(evidence), *_of_nameless(nameless)],
        pending=pending,
    )


def _hop(evidence: StreamEvidence, counted: Stamps, *, kept: int, lost: int, pending: int) -> Hop:
    """Of events by their stamps; a line without one, and a repeat, is one more that was read."""
    fates = {outcome: sum(account.count(outcome) for account in evidence.accounts) for outcome in COUNTED}
    return Hop(
        hop=HOP,
        accepted=max(_lines(evidence), _size(counted)) + kept + lost + pending,
        delivered=fates[DELIVERED],
        deduplicated=fates[DEDUPLICATED],
        quarantined=fates[QUARANTINED] + kept,
        excluded=fates[EXCLUDED],
        pending=pending,
    )


def _lines(evidence: StreamEvidence) -> int:
    return sum(account.lines for account in evidence.accounts)


# --- what lies in raw and in no account ---------------------------------------------------------------------------


def _absent(
    raw: Iterable[RawObject], there: Mapping[str, Ranges], patience: Patience
) -> tuple[list[Finding], list[Finding]]:
    """By producer: what is lost, and what is on its way. An event in several objects counts from the first."""
    left = dict(there)
    lost: dict[str, Ranges] = defaultdict(Ranges)
    pending: dict[str, Ranges] = defaultdict(Ranges)
    for found in sorted(raw, key=lambda o: (o.arrived, o.key)):
        to = lost if is_overdue(found.arrived + _AN_HOUR, patience) else pending
        for producer_id, seqs in found.producers.items():
            to[producer_id] |= seqs - left.get(producer_id, Ranges())
            left[producer_id] = left.get(producer_id, Ranges()) | seqs
    return _findings(lost), _findings(pending)


def _findings(absent: Mapping[str, Ranges]) -> list[Finding]:
    what = "is in raw and in no account of the stream consumer"
    return [Finding(hop=HOP, what=what, producer_id=who, seqs=seqs) for who, seqs in sorted(absent.items()) if seqs]


def _named(findings: Iterable[Finding]) -> int:
    return sum(len(finding.seqs) for finding in findings)


def _nameless(evidence: StreamEvidence, counted: Stamps, lost: Iterable[Finding]) -> int:
    """Lines of raw beyond those that accounts, kept batches, findings and repeats explain."""
    in_raw = sum(found.lines - found.repeats for found in evidence.raw)
    read = max(_lines(evidence), _size(counted)) + sum(batch.lines for batch in evidence.failed)
    return max(in_raw - read - _named(lost), 0)


def _of_nameless(count: int) -> Iterator[Finding]:
    if count:
        yield Finding(hop=HOP, what=f"{count:,} lines of raw, with no producer's stamp, are in no account")


# --- accounts among themselves ------------------------------------------------------------------------------------


def _of_accounts(evidence: StreamEvidence) -> Iterator[Finding]:
    by_shard: dict[str, list[StreamAccount]] = defaultdict(list)
    for account in evidence.accounts:
        by_shard[account.shard].append(account)
        yield from _of_account(account)
        yield from _of_quarantine(account, evidence)
    for shard, accounts in sorted(by_shard.items()):
        in_order = sorted(accounts, key=lambda a: (a.first, a.last))
        for before, after in pairwise(in_order):
            if after.first <= before.last:
                yield _doubt("counts lines that the account before it counts too", after)
        if in_order[-1].last > evidence.watermarks[shard]:
            yield _doubt("reaches beyond its shard's watermark", in_order[-1])


def _of_account(account: StreamAccount) -> Iterator[Finding]:
    if _size(account.producers) > account.lines:
        yield _doubt(f"names {_size(account.producers):,} events and has {account.lines:,} lines", account)
    if account.last < account.first:
        yield _doubt("ends before it begins", account)
    unknown = sorted(name for name in account.outcomes if name.partition(":")[0] not in COUNTED)
    if unknown:
        yield _doubt(f"has an outcome that the ledger does not know: {', '.join(unknown)}", account)


def _of_quarantine(account: StreamAccount, evidence: StreamEvidence) -> Iterator[Finding]:
    """More may be kept than were refused in the end: what is kept is kept before its batch is settled."""
    if evidence.kept_since is not None and parse_instant(account.at) <= evidence.kept_since:
        return
    places = evidence.quarantined.get(account.shard, ())
    kept = bisect_right(places, account.last) - bisect_left(places, account.first)
    if kept < account.count(QUARANTINED):
        yield _doubt(f"has {account.count(QUARANTINED):,} lines quarantined, of which {kept:,} are kept", account)


def _doubt(what: str, account: StreamAccount) -> Finding:
    return Finding(hop=HOP, what=f"an account {what}", where=f"{account.shard} from {account.first.key}")


# --- stamps -------------------------------------------------------------------------------------------------------


def _joined(parts: Iterable[Stamps]) -> dict[str, Ranges]:
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for part in parts:
        for producer_id, seqs in part.items():
            pairs[producer_id] += seqs.pairs
    return {producer_id: Ranges.join(found) for producer_id, found in pairs.items()}


def _without(stamps: Stamps, others: Stamps) -> dict[str, Ranges]:
    return {producer_id: seqs - others.get(producer_id, Ranges()) for producer_id, seqs in stamps.items()}


def _size(stamps: Stamps) -> int:
    return sum(map(len, stamps.values()))
