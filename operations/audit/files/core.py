"""Hold the published files against the lake and the catalog. Pure: evidence in, hops and findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from contract.ledger import DEDUPLICATED, DELIVERED, EXCLUDED, QUARANTINED
from contract.manifest import Manifest
from operations.audit.files.evidence import CatalogLines, DatasetEvidence, FilesEvidence, LakeEvents, Row
from operations.audit.report import Finding, Hop


def audit_files(evidence: FilesEvidence) -> tuple[list[Hop], list[Finding]]:
    """One hop a dataset, and what is not as it must be."""
    hops = [_interactions_hop(evidence.datasets["interactions"], evidence.events)]
    findings = list(_interactions(evidence.datasets["interactions"], evidence.events))
    for name, lines in evidence.catalog.items():
        hops.append(_catalog_hop(name, evidence.datasets[name], lines))
        findings += _catalog(name, evidence.datasets[name], lines, evidence.kept[name])
    for name, dataset in evidence.datasets.items():
        findings += (Finding(hop=name, what=what, where=key) for key, what in changed(dataset))
    return hops, findings


def changed(dataset: DatasetEvidence) -> Iterator[tuple[str, str]]:
    """Published files that are not as their manifest has them: key, and what is wrong."""
    named = {file.key: file.etag for manifest in dataset.current for file in manifest.files}
    for key, etag in named.items():
        if key not in dataset.files:
            yield key, "a published file is gone"
        elif dataset.files[key] != etag:
            yield key, "a published file is not the one that was published"
    for key in dataset.files.keys() - named.keys():
        yield key, "an object that no manifest names lies among published files; it fails the import"


def _count(manifests: Sequence[Manifest], outcome: str) -> int:
    """`EXCLUDED` adds its reasons up."""
    return sum(count for m in manifests for name, count in m.outcomes.items() if name.partition(":")[0] == outcome)


def _hop(name: str, dataset: DatasetEvidence, *, accepted: int, pending: int) -> Hop:
    return Hop(
        hop=name,
        accepted=accepted,
        delivered=_count(dataset.current, DELIVERED),
        deduplicated=_count(dataset.current, DEDUPLICATED),
        quarantined=_count(dataset.current, QUARANTINED),
        excluded=_count(dataset.current, EXCLUDED),
        pending=pending,
    )


# --- interactions: what the lake holds is in the files ------------------------------------------------------------


def _interactions_hop(dataset: DatasetEvidence, events: LakeEvents) -> Hop:
    covered = dataset.current[-1].covers if dataset.current else 0
    pending = events.delivered_since.get(covered, 0)
    return _hop("interactions", dataset, accepted=events.accepted, pending=pending)


def _interactions(dataset: DatasetEvidence, events: LakeEvents) -> Iterator[Finding]:
    """Row by row: of each event that a publication covers, its row is in that publication's files."""
    if events.rows is None:
        return
    since = 0
    for manifest in dataset.current:
        covered = [(place, row) for place, entry, row in events.rows if since < entry <= manifest.covers]
        wanted = {row: place for place, row in reversed(covered) if row is not None}
        there = Counter(dataset.rows[manifest.number])
        yield from _against("interactions", manifest, wanted, there)
        since = manifest.covers


def _against(hop: str, manifest: Manifest, wanted: Mapping[Row, object], there: Counter[Row]) -> Iterator[Finding]:
    for row in wanted.keys() - there.keys():
        place = wanted[row]
        where = f"{place[0]} line {place[1]}" if isinstance(place, tuple) else str(place)
        yield Finding(hop=hop, what=f"is not in the files of {manifest.prefix}", where=where)
    for row in there.keys() - wanted.keys():
        yield Finding(hop=hop, what="a row that nothing stands behind is in a file", where=_shown(manifest, row))
    for row, count in there.items():
        if count > 1:
            yield Finding(hop=hop, what=f"a row is in the files {count} times", where=_shown(manifest, row))


def _shown(manifest: Manifest, row: Row) -> str:
    return f"{manifest.prefix}: {', '.join('' if value is None else str(value) for value in row)[:200]}"


# --- items, users: what the snapshots hold is in the files --------------------------------------------------------


def _catalog_hop(name: str, dataset: DatasetEvidence, catalog: CatalogLines) -> Hop:
    covered = {source.key for manifest in dataset.current for source in manifest.sources}
    pending = sum(lines for key, lines in catalog.lines.items() if key not in covered)
    return _hop(name, dataset, accepted=sum(catalog.lines.values()), pending=pending)


def _catalog(
    name: str, dataset: DatasetEvidence, catalog: CatalogLines, kept: Counter[tuple[str, int, bytes]]
) -> Iterator[Finding]:
    yield from (Finding(hop=name, what="a snapshot cannot be read", where=key) for key in catalog.unreadable)
    sources = {source.key: source.etag for manifest in dataset.current for source in manifest.sources}
    for key, etag in sources.items():
        if catalog.etags.get(key) != etag:
            yield Finding(hop=name, what="a snapshot is not the one that was read", where=key)
    if catalog.newest is None or not dataset.current or sources != catalog.etags:
        return  # other snapshots say nothing about these files
    yield from _newest_of(name, dataset, catalog.newest)
    for place in (catalog.refused - kept) + (kept - catalog.refused):
        yield Finding(
            hop=name, what="the quarantine does not hold what was refused", where=f"{place[0]} line {place[1]}"
        )


def _newest_of(name: str, dataset: DatasetEvidence, newest: Mapping[str, Row | None]) -> Iterator[Finding]:
    """The publications laid over one another are the newest version of each row."""
    last = dataset.current[-1]
    laid: dict[str, Row] = {}
    for manifest in dataset.current:
        rows = dataset.rows[manifest.number]
        laid |= {row[0]: row for row in rows}
        for id_, count in Counter(row[0] for row in rows).items():
            if count > 1:
                yield Finding(hop=name, what=f"{id_} is in the files {count} times", where=manifest.prefix)
    for id_, wanted in newest.items():
        if wanted is not None and laid.get(id_) != wanted:
            yield Finding(hop=name, what=f"the newest version of {id_} is not in the files", where=last.prefix)
    adding = len(dataset.current) > 1  # which deletes nothing
    for id_ in laid.keys() - {id_ for id_, row in newest.items() if adding or row is not None}:
        yield Finding(hop=name, what="a row that nothing stands behind is in a file", where=_shown(last, laid[id_]))
