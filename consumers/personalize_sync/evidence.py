"""What versions are judged by: Personalize's metrics, what users did after versions were asked, and clicks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from consumers.personalize_sync.api import Personalize
from consumers.personalize_sync.evaluation import (
    Answers,
    Evaluation,
    Interaction,
    as_value,
    evaluate,
    from_value,
    holdout,
    read_input,
    read_output,
    read_rows,
)
from consumers.personalize_sync.guard import Bucket
from consumers.personalize_sync.publications import Files, Publication
from consumers.state_table import StateTable
from contract.times import parse_instant

EVALUATION: Final = "evaluation"
_PROGRESS: Final = "evaluation-progress"
_SHARDS: Final = "watermark#realtime"
_CLICKS_KEPT_SECONDS: Final = 60.0  # of one look at all shards


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Versions that were asked about the users in `users_key`, and where their answers lie; `since` epoch seconds."""

    candidate: str
    champion: str  # empty where there is none
    users_key: str
    since: float
    candidate_key: str
    champion_key: str
    popularity_key: str


@dataclass(slots=True, kw_only=True)
class Evidence:
    """For one invocation. Judgements are kept in the state table: made once, never changed."""

    api: Personalize
    files: Files
    state: StateTable
    clock: Callable[[], float]
    _metrics: dict[str, Mapping[str, float]] = field(default_factory=dict)
    _clicks: tuple[float, int, list[Bucket]] = (float("-inf"), 0, [])

    def metrics(self, version_arn: str) -> Mapping[str, float]:
        """Of an ACTIVE version."""
        if version_arn not in self._metrics:
            known = self._known(version_arn)
            if "metrics" not in known:
                known = known | {"metrics": dict(self.api.metrics(version_arn))}
                self._keep(version_arn, known)
            self._metrics[version_arn] = known["metrics"]
        return self._metrics[version_arn]

    def judged(
        self, asked: Asked, publications: tuple[Publication, ...], *, min_users: int, catalog: int
    ) -> tuple[Evaluation | None, int]:
        """The evaluation, once `min_users` of those asked about have come again, and how many have.

        Files are read again only when there is a new publication.
        """
        known = self._known(asked.candidate)
        if "ours" in known and known["ours"]["champion_arn"] == asked.champion:
            found = from_value(known["ours"])
            return found, found.users
        newest = max((p.number for p in publications), default=0)
        before = self.state.get(_PROGRESS, asked.candidate)
        if before and (before["publication"], before["champion"]) == (newest, asked.champion):
            return None, int(before["users"])
        relevant = holdout(
            self._rows(publications, asked.since),
            since=asked.since,
            users=read_input(self.files.read(asked.users_key)),
        )
        if len(relevant) < min_users:
            progress = {"publication": newest, "champion": asked.champion, "users": len(relevant)}
            self.state.put(_PROGRESS, asked.candidate, progress)
            return None, len(relevant)
        found = evaluate(relevant, self._answers(asked), since=asked.since, catalog=catalog)
        self._keep(asked.candidate, known | {"ours": as_value(found)})
        return found, found.users

    def clicks(self, most: int) -> list[Bucket]:
        """The newest `most` five minutes of each shard of the stream, and maybe more; looked up once a minute."""
        at, count, found = self._clicks
        if count < most or self.clock() - at >= _CLICKS_KEPT_SECONDS:
            found = [bucket for shard, _ in self.state.query(_SHARDS) for bucket in self._buckets(shard, most)]
            self._clicks = (self.clock(), most, found)
        return found

    def _buckets(self, shard: str, most: int) -> Iterator[Bucket]:
        for start, item in self.state.query(f"clickthrough#{shard}", newest_first=True, limit=most):
            at = parse_instant(start).timestamp()
            yield Bucket(start=at, shown=int(item.get("shown", 0)), clicked=int(item.get("clicked", 0)))

    def _rows(self, publications: tuple[Publication, ...], since: float) -> Iterator[Interaction]:
        for each in publications:
            is_later = each.manifest and parse_instant(each.manifest.finished_at).timestamp() > since
            if is_later and each.last_day_key:
                yield from read_rows(self.files.read(each.last_day_key))

    def _answers(self, asked: Asked) -> Answers:
        return Answers(
            candidate=read_output(self.files.read(asked.candidate_key)),
            popularity=read_output(self.files.read(asked.popularity_key)),
            champion=read_output(self.files.read(asked.champion_key)) if asked.champion else None,
            champion_arn=asked.champion,
        )

    def _known(self, version_arn: str) -> dict[str, Any]:
        item = self.state.get(EVALUATION, version_arn)
        found: dict[str, Any] = json.loads(item["value"]) if item else {}
        return found

    def _keep(self, version_arn: str, value: Mapping[str, Any]) -> None:
        self.state.put(EVALUATION, version_arn, {"value": json.dumps(value, sort_keys=True)})
