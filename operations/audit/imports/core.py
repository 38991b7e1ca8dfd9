"""Hold the imports against the publications. Pure: evidence in, a hop and findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from contract.ledger import DELIVERED, EXCLUDED
from contract.manifest import FULL, Manifest
from contract.times import parse_instant
from operations.audit.core import Patience, is_overdue
from operations.audit.imports.evidence import ACTIVE, ImportEvidence, ImportJob
from operations.audit.report import Finding, Hop, Report

HOP = "import"
_PENDING = "pending"
_LOST = "lost"
LEAST_INTERACTIONS = 1_000  # of an INCREMENTAL import, as Personalize has it
MOST_INCREMENTAL_BYTES = 10**9


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a publication; `why` where it is no import."""

    outcome: str
    why: str = ""


def audit_imports(evidence: ImportEvidence, patience: Patience) -> Report:
    """The rows of each publication are in an import that is done, superseded by a later one, or on their way."""
    rows: Counter[str] = Counter()
    findings: list[Finding] = []
    pending: list[Finding] = []
    for name, published in evidence.publications.items():
        jobs = {manifest.number: _jobs_of(manifest, evidence) for manifest in published}
        for manifest in published:
            fate = _fate(manifest, published, jobs[manifest.number], evidence, patience)
            rows[fate.outcome] += manifest.rows
            if fate.outcome in {_LOST, _PENDING}:
                (findings if fate.outcome == _LOST else pending).append(_finding(manifest, fate.why))
        findings += _of_jobs(name, published, jobs, evidence)
    hop = Hop(
        hop=HOP,
        accepted=rows.total(),
        delivered=rows[DELIVERED],
        excluded=rows[EXCLUDED],
        pending=rows[_PENDING],
    )
    return Report(hops=[hop], findings=findings, pending=pending)


def _finding(manifest: Manifest, what: str) -> Finding:
    return Finding(hop=HOP, what=what, where=f"{manifest.key}, {manifest.rows:,} rows")


def _jobs_of(manifest: Manifest, evidence: ImportEvidence) -> list[ImportJob]:
    """All attempts, in the order of their creation."""
    start = f"{evidence.prefix}-{manifest.dataset}-{manifest.number}-{manifest.mode.lower()}-"
    found = [job for job in evidence.jobs.get(manifest.dataset, ()) if _is_attempt(job.name, start)]
    return sorted(found, key=lambda job: job.created)


def _is_attempt(name: str, start: str) -> bool:
    return name.startswith(start) and name.removeprefix(start).isdigit()


# --- what became of a publication ---------------------------------------------------------------------------------


def _fate(
    manifest: Manifest,
    published: Sequence[Manifest],
    jobs: Sequence[ImportJob],
    evidence: ImportEvidence,
    patience: Patience,
) -> Fate:
    if any(job.status == ACTIVE for job in jobs):
        return Fate(DELIVERED)
    if manifest.dataset == "interactions" and evidence.interactions_source == "stream":
        return Fate(EXCLUDED)
    if any(other.mode == FULL and other.number > manifest.number for other in published):
        return Fate(EXCLUDED)
    if jobs and not jobs[-1].is_pending:
        return Fate(_LOST, f"its import failed: {jobs[-1].failure or jobs[-1].status}")
    if why := _waits_for_full(manifest, published):
        return _unless_overdue(manifest, why, patience, drained_too=False)
    if manifest.key in evidence.held:
        return _unless_overdue(manifest, evidence.held[manifest.key], patience, drained_too=True)
    return _unless_overdue(manifest, "was published and is not imported", patience, drained_too=True)


def _unless_overdue(manifest: Manifest, why: str, patience: Patience, *, drained_too: bool) -> Fate:
    """What waits for the next FULL still does so when nothing is on its way."""
    if patience.allowed is None and not drained_too:
        return Fate(_PENDING, why)
    return Fate(_LOST if is_overdue(parse_instant(manifest.finished_at), patience) else _PENDING, why)


def _waits_for_full(manifest: Manifest, published: Sequence[Manifest]) -> str:
    if manifest.mode == FULL:
        return ""
    base = max((other.number for other in published if other.mode == FULL), default=0)
    before = [other for other in published if base < other.number <= manifest.number]
    return "waits for the next FULL, as Personalize takes no such INCREMENTAL" if any(map(_is_unfit, before)) else ""


def _is_unfit(manifest: Manifest) -> bool:
    too_few = manifest.dataset == "interactions" and manifest.rows < LEAST_INTERACTIONS
    return too_few or sum(file.size for file in manifest.files) > MOST_INCREMENTAL_BYTES


# --- imports that are not what a publication asked for ------------------------------------------------------------


def _of_jobs(
    name: str, published: Sequence[Manifest], jobs: dict[int, list[ImportJob]], evidence: ImportEvidence
) -> Iterator[Finding]:
    done = {number: [job for job in tried if job.status == ACTIVE] for number, tried in jobs.items()}
    for manifest in published:
        yield from _of_publication(manifest, done[manifest.number], evidence)
    yield from _out_of_order([(job.created, m) for m in published for job in done[m.number]])
    known = {job.name for tried in jobs.values() for job in tried}
    newest_full = max((job.created for m in published if m.mode == FULL for job in done[m.number]), default=0.0)
    for job in evidence.jobs.get(name, ()):
        if job.status == ACTIVE and job.name not in known and job.created >= newest_full:
            yield Finding(hop=HOP, what=f"rows that no publication has were imported into {name}", where=job.name)


def _of_publication(manifest: Manifest, done: Sequence[ImportJob], evidence: ImportEvidence) -> Iterator[Finding]:
    if len(done) > 1:
        yield _finding(manifest, f"was imported {len(done)} times")
    for job in done:
        if job.location not in {"", evidence.root + manifest.prefix} or job.mode != manifest.mode:
            yield _finding(manifest, f"was imported {job.mode} from {job.location} by {job.name}")


def _out_of_order(done: list[tuple[float, Manifest]]) -> Iterator[Finding]:
    """A FULL import takes away what was imported before it."""
    for (_, before), (_, after) in pairwise(sorted(done, key=lambda at: (at[0], at[1].number))):
        if after.mode == FULL and after.number < before.number:
            yield _finding(before, f"was imported, and then replaced by the older {after.key}")
