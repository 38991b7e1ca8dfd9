"""Hold the ledger against the store and the producers' own counts. Pure: evidence in, report out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.checkpoints import Checkpoint
from contract.ledger import (
    CHECKPOINT,
    DEDUPLICATED,
    DELIVERED,
    EXCLUDED,
    QUARANTINED,
    Entry,
    ObjectAccount,
    newest_outputs,
)
from contract.ranges import Ranges
from operations.audit.evidence import Evidence, RawLines, TableRows
from operations.audit.report import Finding, Hop, Report

Place = tuple[str, int]  # raw object, line
_day_in = re.compile(r"(?:^|/)dt=(\d{4}-\d{2}-\d{2})/").search

EXPIRING = {"quarantine"}  # tables that, as raw does, keep things for a time
KEPT_OUTCOME = {"events": DELIVERED, "quarantine": QUARANTINED}  # table -> outcome of the lines whose rows it keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an accepted event may be nowhere before it is lost. `None`: not at all, the stream is drained."""

    now: datetime
    allowed: timedelta | None  # stream retention and a grace


def audit(evidence: Evidence, patience: Patience) -> Report:
    """Every hop from the producers to the lake."""
    producers, lost, pending = _producers(evidence, patience)
    findings = [*lost, *_raw_findings(evidence), *_events_findings(evidence)]
    return Report(
        hops=(producers, _raw_hop(evidence), _events_hop(evidence.entries)), findings=findings, pending=pending
    )


# --- producer: what was accepted is in raw ------------------------------------------------------------------------


def _producers(evidence: Evidence, patience: Patience) -> tuple[Hop, list[Finding], list[Finding]]:
    seen, checkpoints = _seen(evidence)
    accepted = delivered = 0
    lost: list[Finding] = []
    pending: list[Finding] = []
    for producer_id in sorted(seen.keys() | checkpoints.keys()):
        told = sorted(checkpoints[producer_id], key=lambda c: c.number)
        last = max([seen[producer_id].last, *(c.accepted for c in told)])
        accepted += last - len(_withdrawn(told) - seen[producer_id])
        delivered += len(seen[producer_id])
        for finding, overdue in _of_producer(producer_id, seen[producer_id], told, patience):
            (lost if overdue else pending).append(finding)
    # What was seen has arrived, though a producer that goes on may have accepted more after it.
    waiting = sum(len(finding.seqs - seen[finding.producer_id]) for finding in pending)
    return Hop(hop="producer", accepted=accepted, delivered=delivered, pending=waiting), lost, pending


def _seen(evidence: Evidence) -> tuple[dict[str, Ranges], dict[str, set[Checkpoint]]]:
    seen: dict[str, Ranges] = defaultdict(Ranges)
    checkpoints: dict[str, set[Checkpoint]] = defaultdict(set)
    accounts = {(account.key, account.etag): account for entry in evidence.entries for account in entry.inputs}
    unread = [found for key, found in evidence.reread.items() if (key, evidence.raw.get(key)) not in accounts]
    parts = [
        *((account.producers, account.checkpoints) for account in accounts.values()),
        *((found.producers(), found.checkpoints) for found in unread),
    ]
    for producers, told in parts:
        for producer_id, seqs in producers.items():
            seen[producer_id] |= seqs
        for checkpoint in told:
            checkpoints[checkpoint.producer_id].add(checkpoint)
    return seen, checkpoints


def _of_producer(
    producer_id: str, seen: Ranges, told: list[Checkpoint], patience: Patience
) -> Iterator[tuple[Finding, bool]]:
    """Findings on one producer, each with whether its time is over."""

    def finding(what: str, seqs: Ranges) -> Finding:
        return Finding(hop="producer", what=what, producer_id=producer_id, seqs=seqs)

    last_told = told[-1].accepted if told else 0
    absent = Ranges.to(max(seen.last, last_told)) - seen - _withdrawn(told)
    for seqs, since in _since(absent, told):
        yield finding("was accepted and is not in raw", seqs), is_overdue(since, patience)
    for number in Ranges.to(told[-1].number if told else 0) - Ranges.of(c.number for c in told):
        before = max((c.accepted for c in told if c.number < number), default=0)
        after = min(c.accepted for c in told if c.number > number)
        what = f"checkpoint {number} is not in raw; it told of one of these as the last"
        yield finding(what, Ranges.join([(before + 1, max(before + 1, after))])), True
    if not told or not told[-1].final:
        at = told[-1].at if told else None
        what = "has no final checkpoint: more may have been accepted after it"
        yield finding(what, Ranges.join([(max(seen.last, last_told),) * 2])), is_overdue(at, patience)


def _withdrawn(told: Iterable[Checkpoint]) -> Ranges:
    """Given up before they were acknowledged: whoever sent them knows. Some may have arrived all the same."""
    return Ranges.join(pair for c in told for pair in (c.withdrawn & Ranges.to(c.accepted)).pairs)


def _since(absent: Ranges, told: list[Checkpoint]) -> Iterator[tuple[Ranges, datetime | None]]:
    """The absent numbers by the first checkpoint that covers them, and its time; None where none does."""
    low = 1
    for checkpoint in told:
        if (covered := absent & Ranges.join([(low, max(low, checkpoint.accepted))])) and checkpoint.accepted >= low:
            yield covered, checkpoint.at
        low = max(low, checkpoint.accepted + 1)
    if rest := absent & Ranges.join([(low, max(low, absent.last))]):
        yield rest, None


def is_overdue(since: datetime | None, patience: Patience) -> bool:
    """Whether what has been absent `since` then is lost; of what has no time, only once nothing is on its way."""
    if patience.allowed is None:
        return True
    return since is not None and patience.now - since > patience.allowed


# --- raw: what lies there was read --------------------------------------------------------------------------------


def _raw_hop(evidence: Evidence) -> Hop:
    read = sum(_events_of(account) for entry in evidence.entries for account in entry.inputs)
    known = {account.key for entry in evidence.entries for account in entry.inputs}
    unread = sum(f.lines - len(f.checkpoints) for key, f in evidence.reread.items() if key not in known)
    return Hop(hop="raw", accepted=read + unread, delivered=read, pending=unread)


def _events_of(account: ObjectAccount) -> int:
    return account.lines - account.count(CHECKPOINT)


def _raw_findings(evidence: Evidence) -> Iterator[Finding]:
    """Objects that an entry names and that are no longer what it says."""
    for entry in evidence.entries:
        for account in entry.inputs:
            if account.key not in evidence.raw:
                yield from _lost_from(account, None) if is_kept(account.key, evidence.kept_since) else ()
            elif evidence.raw[account.key] != account.etag:
                yield from _lost_from(account, evidence.reread[account.key])


def _lost_from(account: ObjectAccount, now: RawLines | None) -> Iterator[Finding]:
    there = now.producers() if now else {}
    gone = {producer_id: seqs - there.get(producer_id, Ranges()) for producer_id, seqs in account.producers.items()}
    what = "was in a raw object that has changed since it was read" if now else "was in a raw object that is gone"
    for producer_id, seqs in gone.items():
        if seqs:
            yield Finding(hop="raw", what=what, producer_id=producer_id, seqs=seqs, where=account.key)
    if not any(gone.values()):
        lines = f"{account.lines} lines when it was read, {now.lines if now else 0} now"
        yield Finding(hop="raw", what="a raw object is not what was read", where=f"{account.key}: {lines}")


# --- events: what was read is in the lake or the quarantine -------------------------------------------------------


def _events_hop(entries: Iterable[Entry]) -> Hop:
    accounts = [account for entry in entries for account in entry.inputs]
    counts = {outcome: sum(a.count(outcome) for a in accounts) for outcome in (DELIVERED, QUARANTINED, EXCLUDED)}
    return Hop(
        hop="events",
        accepted=sum(map(_events_of, accounts)),
        delivered=counts[DELIVERED],
        deduplicated=sum(a.count(DEDUPLICATED) for a in accounts),
        quarantined=counts[QUARANTINED],
        excluded=counts[EXCLUDED],
    )


def _events_findings(evidence: Evidence) -> Iterator[Finding]:
    for entry in evidence.entries:
        for account in entry.inputs:
            if not account.is_balanced:
                yield Finding(hop="events", what="an entry does not add up", where=f"{entry.key}: {account.key}")
    for table, files in evidence.files.items():
        for key, what in changed_files(evidence.entries, table, files, kept_since=evidence.kept_since):
            yield Finding(hop="events", what=what, where=key)
    for table, rows in evidence.rows.items():
        for what, places in misplaced(evidence.entries, table, rows, kept_since=evidence.kept_since):
            yield from (_named(what, place, evidence) for place in sorted(places))


def misplaced(
    entries: Iterable[Entry], table: str, now: TableRows, *, kept_since: datetime | None = None
) -> Iterator[tuple[str, set[Place]]]:
    """Rows that are missing, unknown or repeated in a table, by the place of their line."""
    since = kept_since if table in EXPIRING else None
    there = Counter(place for place in now.places if since is None or is_kept(place[0], since))
    wanted = {
        (account.key, line)
        for entry in entries
        for account in entry.inputs
        if since is None or is_kept(account.key, since)
        for line in account.outcomes.get(KEPT_OUTCOME[table], Ranges())
    }
    yield f"is missing from {table}", wanted - there.keys()
    yield f"is in {table} and in no entry", there.keys() - wanted
    yield f"is in {table} more than once", {place for place, count in there.items() if count > 1}


def changed_files(
    entries: Iterable[Entry], table: str, files: Mapping[str, str], *, kept_since: datetime | None = None
) -> Iterator[tuple[str, str]]:
    """Files of a table that are not as the newest entry on them has it: key, and what is wrong."""
    named = {output.key: output for output in newest_outputs(entries, table)}
    for key, output in named.items():
        if key not in files:
            if table not in EXPIRING or is_kept(key, kept_since):
                yield key, f"a file of {table} is gone"
        elif files[key] != output.etag:
            yield key, f"a file of {table} is not the one that was written"
    for key in files.keys() - named.keys():
        yield key, f"a file that no entry names lies among those of {table}; Athena reads it"


def is_kept(key: str, since: datetime | None) -> bool:
    """Whether an object of raw or of the quarantine must be there still, by the day on which it arrived."""
    day = _day_in(key)
    return since is None or day is None or datetime.fromisoformat(f"{day[1]}T00:00:00+00:00") > since


def _named(what: str, place: Place, evidence: Evidence) -> Finding:
    key, line = place
    found = evidence.reread.get(key)
    producer_id, seq = found.stamps.get(line, ("", 0)) if found else ("", 0)
    seqs = Ranges.of([seq]) if producer_id else Ranges()
    return Finding(hop="events", what=what, producer_id=producer_id, seqs=seqs, where=f"{key} line {line}")
