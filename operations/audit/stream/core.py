"""Hold the accounts of the stream consumer against raw. Pure: evidence in, a hop and findings out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from contract.ledger import DEDUPLICATED, DELIVERED, EXCLUDED, QUARANTINED
from contract.ranges import Ranges
from contract.stream_account import StreamAccount
from contract.times import parse_instant
from operations.audit.core import Patience, is_overdue
from operations.audit.report import Finding, Hop, Report
from operations.audit.stream.evidence import RawObject, StreamEvidence
from operations.audit.stream.tally import HOP, Stamps, StampSet, doubt

_AN_HOUR = timedelta(hours=1)


def audit_stream(evidence: StreamEvidence, patience: Patience) -> Report:
    """Every stamped event that lies in raw is in an account, in a batch that Lambda kept, or on its way.

    Lines that no producer stamped have no name: they are held by their number, once nothing is on its way and all
    accounts were read. As many as deliveries to raw have repeated may hide.
    """
    counted = evidence.tally.stamps()
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
    fates = evidence.tally.outcomes
    return Hop(
        hop=HOP,
        accepted=max(evidence.tally.lines, _size(counted)) + kept + lost + pending,
        delivered=fates[DELIVERED],
        deduplicated=fates[DEDUPLICATED],
        quarantined=fates[QUARANTINED] + kept,
        excluded=fates[EXCLUDED],
        pending=pending,
    )


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
    read = max(evidence.tally.lines, _size(counted)) + sum(batch.lines for batch in evidence.failed)
    return max(in_raw - read - _named(lost), 0)


def _of_nameless(count: int) -> Iterator[Finding]:
    if count:
        yield Finding(hop=HOP, what=f"{count:,} lines of raw, with no producer's stamp, are in no account")


# --- accounts among themselves ------------------------------------------------------------------------------------


def _of_accounts(evidence: StreamEvidence) -> Iterator[Finding]:
    yield from evidence.tally.findings
    for account in evidence.tally.refusing:
        yield from _of_quarantine(account, evidence)
    for shard, newest in sorted(evidence.tally.newest.items()):
        if newest.last > evidence.watermarks[shard]:
            yield doubt("reaches beyond its shard's watermark", newest)


def _of_quarantine(account: StreamAccount, evidence: StreamEvidence) -> Iterator[Finding]:
    """More may be kept than were refused in the end: what is kept is kept before its batch is settled."""
    if evidence.kept_since is not None and parse_instant(account.at) <= evidence.kept_since:
        return
    places = evidence.quarantined.get(account.shard, ())
    kept = bisect_right(places, account.last) - bisect_left(places, account.first)
    if kept < account.count(QUARANTINED):
        yield doubt(f"has {account.count(QUARANTINED):,} lines quarantined, of which {kept:,} are kept", account)


# --- stamps -------------------------------------------------------------------------------------------------------


def _joined(parts: Iterable[Stamps]) -> dict[str, Ranges]:
    found = StampSet()
    for part in parts:
        found.add(part)
    return found.joined()


def _without(stamps: Stamps, others: Stamps) -> dict[str, Ranges]:
    return {producer_id: seqs - others.get(producer_id, Ranges()) for producer_id, seqs in stamps.items()}


def _size(stamps: Stamps) -> int:
    return sum(map(len, stamps.values()))
