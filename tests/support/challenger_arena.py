"""Versions trained on data as it is and on data that lies, on the real emulator, and judged as the reconciler does."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumers.personalize_sync.evaluation import (
    NUM_RESULTS,
    Answers,
    Evaluation,
    Interaction,
    asked_users,
    evaluate,
    holdout,
    job_input,
    read_output,
)
from consumers.personalize_sync.promotion import Version
from tests.support.personalize_server import Server
from tests.support.personalize_walk import INTERACTIONS, ROLE, Walk, csv_of

START = 1_790_000_000
KINDS, EACH = 5, 16  # tastes, and items of each
USERS, VISITS = 150, 24
ITEMS = KINDS * EACH
_KEEPS_TO_TASTE = 0.9
Row = tuple[str, str, int, str]


def visits(*, seed: int, start: int, each: int, wrong: bool = False, keeps: float = _KEEPS_TO_TASTE) -> list[Row]:
    """User n likes kind n modulo 5 and `keeps` to it in this share of visits; `wrong`: the next kind."""
    draw = random.Random(seed)
    rows = []
    for user in range(USERS):
        kind = (user + wrong) % KINDS
        for number in range(each):
            liked = draw.random() < keeps
            item = kind + KINDS * draw.randrange(EACH) if liked else draw.randrange(ITEMS)
            rows.append((f"u-{user}", f"i-{item}", start + 60 * number + user, "view"))
    return rows


def shuffled(rows: Sequence[Row]) -> list[Row]:
    """The same items at the same times, of users drawn by lot: nothing is left to learn but popularity."""
    items = [row[1] for row in rows]
    random.Random(5).shuffle(items)
    return [(user, item, at, kind) for (user, _, at, kind), item in zip(rows, items, strict=True)]


def one_for_all(rows: Sequence[Row]) -> list[Row]:
    """Everybody comes to the same few items in the same order; who had one has no more of it: popularity is best."""
    return [(user, f"i-{number % VISITS}", at, kind) for number, (user, _, at, kind) in enumerate(rows)]


@dataclass
class Arena:
    """One dataset group; `trained` imports rows and trains on them alone."""

    server: Server
    name: str
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000)))

    def __post_init__(self) -> None:
        self.walk = Walk(self.server, self.name)
        self.walk.dataset("Interactions", INTERACTIONS)
        self._solutions: dict[str, str] = {}

    def imported(self, rows: Iterable[Row]) -> None:
        body = csv_of([field["name"] for field in INTERACTIONS], list(rows))
        self.walk.imported("Interactions", body, job=f"{self.name}-import-{next(self._numbers)}")

    def trained(self, recipe: str) -> Version:
        """A new version of the recipe's solution, with Personalize's own metrics."""
        if recipe not in self._solutions:
            self._solutions[recipe] = self.walk.solution(recipe)
        arn = self.walk.version(self._solutions[recipe])
        return Version(arn=arn, metrics=self.walk.personalize.get_solution_metrics(solutionVersionArn=arn)["metrics"])

    def evaluated(self, candidate: Version, champion: Version | None, popularity: Version) -> Evaluation:
        """Ask all versions about the same users; then let these go on, and judge by what they do."""
        known = [Interaction(user, item, at) for user, item, at, _ in visits(seed=1, start=START, each=1)]
        users = asked_users(known)
        asked = {v.arn: self._asked(v, users) for v in (candidate, champion, popularity) if v is not None}
        since = max(created for created, _ in asked.values())
        after = visits(seed=2, start=int(since) + 1, each=6)
        rows = [Interaction(user, item, at) for user, item, at, _ in after]
        answers = Answers(
            candidate=asked[candidate.arn][1],
            champion=asked[champion.arn][1] if champion else None,
            popularity=asked[popularity.arn][1],
            champion_arn=champion.arn if champion else "",
        )
        return evaluate(holdout(rows, since=since, users=users), answers, since=since, catalog=ITEMS)

    def _asked(self, version: Version, users: Sequence[str]) -> tuple[float, Mapping[str, Sequence[str]]]:
        """When it was asked, and its answers."""
        name = f"{self.name}-asked-{next(self._numbers)}"
        source = self.walk.upload(f"{name}/users.jsonl", job_input(users))
        job = self.walk.personalize.create_batch_inference_job(
            jobName=name,
            solutionVersionArn=version.arn,
            numResults=NUM_RESULTS,
            jobInput={"s3DataSource": {"path": source}},
            jobOutput={"s3DataDestination": {"path": f"s3://data/{name}/"}},
            roleArn=ROLE,
        )["batchInferenceJobArn"]
        self.walk.active("describe_batch_inference_job", "batchInferenceJob", batchInferenceJobArn=job)
        described: Mapping[str, Any] = self.walk.personalize.describe_batch_inference_job(batchInferenceJobArn=job)
        created = described["batchInferenceJob"]["creationDateTime"].timestamp()
        output = self.server.s3().get_object(Bucket="data", Key=f"{name}/users.jsonl.out")["Body"].read()
        return created, read_output(output)
