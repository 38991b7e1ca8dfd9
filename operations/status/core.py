"""Facts to the rows that people read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consumers.personalize_sync.desired import DATASETS
from consumers.personalize_sync.import_history import History
from consumers.personalize_sync.publications import Publication
from contract.times import format_instant, parse_instant
from operations.status.facts import Facts

ABSENT = "not there"
SHOWN_VERSIONS = 5  # of a solution
SHOWN_METRICS = {
    "normalized_discounted_cumulative_gain_at_25": "ndcg@25",
    "precision_at_10": "precision@10",
    "mean_reciprocal_rank_at_25": "mrr@25",
    "coverage": "coverage",
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one kind; all have the same keys, in order."""

    name: str
    rows: Sequence[Row]


def sections(facts: Facts) -> list[Section]:
    """What there is to know, the data first and the money last."""
    return [
        Section("datasets", list(_datasets(facts))),
        Section("imports", list(_imports(facts))),
        Section("versions", list(_versions(facts))),
        Section("campaigns", list(_campaigns(facts))),
        Section("decisions", list(_decisions(facts))),
        Section("lags", [*_stream_lags(facts), *_file_lags(facts)]),
        Section("quarantine", [{"reason": why, "rule": rule, "lines": lines} for why, rule, lines in facts.quarantine]),
        Section("cost", list(_cost(facts))),
        Section("warnings", [{"warning": warning} for warning in facts.warnings]),
    ]


def _datasets(facts: Facts) -> Iterator[Row]:
    for name in DATASETS:
        dataset, history = facts.world.datasets.get(name), _history(facts, name)
        change = dataset.change if dataset else None
        yield {
            "dataset": name,
            "status": dataset.status if dataset else ABSENT,
            "rows": history.rows_imported() if history.base else 0,
            "schema": f"changing: {change.status}" if change and change.is_pending else "",
            "failure": (dataset.failure if dataset else "") or (change.failure if change else ""),
        }


def _history(facts: Facts, name: str) -> History:
    return History(publications=facts.shelf.get(name, ()), jobs=facts.world.imports.get(name, ()))


def _imports(facts: Facts) -> Iterator[Row]:
    """The last of each dataset."""
    for name in DATASETS:
        jobs = sorted(facts.world.imports.get(name, ()), key=lambda job: (job.created, job.number, job.attempt))
        for job in jobs[-1:]:
            yield {
                "dataset": name,
                "publication": job.number,
                "mode": _mode(facts, name, job.number),
                "status": job.status,
                "since": _instant(job.updated),
                "failure": job.failure,
            }


def _mode(facts: Facts, name: str, number: int) -> str:
    found = (p.manifest.mode for p in facts.shelf.get(name, ()) if p.number == number and p.manifest)
    return next(found, "")


def _versions(facts: Facts) -> Iterator[Row]:
    """The newest first; which of them answers."""
    serving = {campaign.version_arn for campaign in facts.world.campaigns.values()}
    for name, versions in facts.world.versions.items():
        for version in versions[: -SHOWN_VERSIONS - 1 : -1]:
            metrics = facts.metrics.get(version.arn, {})
            yield {
                "solution": name,
                "version": _short(version.arn),
                "status": version.status,
                "created": _instant(version.created),
                "serves": version.arn in serving,
                **{shown: metrics.get(metric) for metric, shown in SHOWN_METRICS.items()},
                "failure": version.failure,
            }


def _campaigns(facts: Facts) -> Iterator[Row]:
    for name, campaign in facts.world.campaigns.items():
        change = campaign.change
        yield {
            "campaign": name,
            "status": campaign.status,
            "version": _short(campaign.version_arn),
            "changing_to": _short(change.to) if change and change.is_pending else "",
            "failure": campaign.failure or (change.failure if change else ""),
        }


def _decisions(facts: Facts) -> Iterator[Row]:
    for at, decision in facts.decisions:
        yield {"at": at, **{name: decision.get(name, "") for name in ("kind", "decision", "why", "numbers", "subject")}}


def _stream_lags(facts: Facts) -> Iterator[Row]:
    for lag in facts.streams:
        yield _lag(f"stream to {lag.consumer}", lag.records, "records", lag.seconds, lag.problem)


def _file_lags(facts: Facts) -> Iterator[Row]:
    """Publications that are not imported, though newer than all that are."""
    for name in DATASETS:
        imported = max(_history(facts, name).imported, default=0)
        waiting = [each for each in facts.shelf.get(name, ()) if each.number > imported]
        yield _lag(f"files of {name} to Personalize", len(waiting), "publications", _age(waiting, facts.now), "")


def _age(waiting: Sequence[Publication], now: float) -> float | None:
    times = [parse_instant(each.manifest.finished_at).timestamp() for each in waiting if each.manifest]
    return max(0.0, now - min(times)) if times else None


def _lag(what: str, behind: int | None, unit: str, seconds: float | None, problem: str) -> Row:
    rounded = None if seconds is None else round(seconds, 1)
    return {"what": what, "behind": behind, "unit": unit, "seconds": rounded, "problem": problem}


def _cost(facts: Facts) -> Iterator[Row]:
    if facts.cost is not None:
        million = facts.cost.usd_per_million_events
        yield {
            "usd_per_month": round(facts.cost.usd_per_month, 2),
            "usd_per_million_events": None if million is None else round(million, 2),
            "cap_usd": facts.cap_usd,
            "unverified_prices": len({line.price for line in facts.cost.lines if not line.verified}),
        }


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def _instant(seconds: float) -> str:
    return format_instant(datetime.fromtimestamp(seconds, UTC)) if seconds else ""
