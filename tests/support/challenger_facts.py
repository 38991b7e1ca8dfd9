"""Values that decisions are made from: profiles, versions, evaluations, by what matters in a test."""

from __future__ import annotations

from typing import Any

from consumers.personalize_sync.data_profile import DataProfile
from consumers.personalize_sync.evaluation import Evaluation
from consumers.personalize_sync.metrics import Lead, Scores
from consumers.personalize_sync.promotion import NDCG, PromotionFacts, Version
from contract.manifest import FULL, Manifest, PublishedFile

NOW = 1_795_400_000.0
HOUR, DAY = 3_600.0, 86_400.0


def shares(**of: float) -> dict[str, Any]:
    return {"shares": of, "rest": round(1 - sum(of.values()), 9), "empty": 0.0}


def data(rows: int = 10_000, **more: Any) -> DataProfile:
    """Enough to train on, spread over ten days."""
    base: dict[str, Any] = {
        "rows": rows,
        "users": 500,
        "active_users": 400,
        "oldest": int(NOW - 10 * DAY),
        "newest": int(NOW),
        "size": 80 * rows,
        "event_types": shares(view=0.8, purchase=0.2),
        "top_items": shares(a=0.1, b=0.05),
    }
    return DataProfile(**base | more)


def manifest(number: int = 1, *, mode: str = FULL, rows: int = 10_000, **more: Any) -> Manifest:
    base: dict[str, Any] = {
        "dataset": "interactions",
        "number": number,
        "mode": mode,
        "run_id": "run",
        "finished_at": "2026-11-23T12:00:00.000Z",
        "contract_version": 1,
        "prefix": f"interactions/{number:010d}/full/",
        "files": (PublishedFile(key="part-00000.csv", etag="e", size=80 * rows, rows=rows, sha256="s"),),
        "schema_key": "schema.avsc",
        "covers": number,
        "sources": (),
        "outcomes": {},
        "settings": {},
    }
    return Manifest(**base | more)


def version(name: str, ndcg: float) -> Version:
    return Version(arn=name, metrics={NDCG: ndcg})


def scores(ndcg: float) -> Scores:
    return Scores(ndcg_at_25=ndcg, precision_at_10=0.1, mrr_at_25=0.2, coverage=0.3)


def evaluation(
    *, champion: float | None = 0.10, popularity: float = 0.08, candidate: float = 0.12, **more: Any
) -> Evaluation:
    """Of 200 users; leads that are no chance."""

    def lead(of: float) -> Lead:
        return Lead(of=of, mean=round(candidate - of, 6), low=round(candidate - of - 0.005, 6))

    base: dict[str, Any] = {
        "users": 200,
        "since": NOW - DAY,
        "champion_arn": "" if champion is None else "champion",
        "candidate": scores(candidate),
        "champion": None if champion is None else scores(champion),
        "popularity": scores(popularity),
        "over_champion": None if champion is None else lead(champion),
        "over_popularity": lead(popularity),
    }
    return Evaluation(**base | more)


def contest(**more: Any) -> PromotionFacts:
    """A candidate that became ACTIVE an hour ago, better than both by Personalize's metrics."""
    base: dict[str, Any] = {
        "now": NOW,
        "candidate": version("candidate", 0.30),
        "active_at": NOW - HOUR,
        "champion": version("champion", 0.25),
        "popularity": version("popularity", 0.10),
    }
    return PromotionFacts(**base | more)
