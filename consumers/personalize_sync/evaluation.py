"""Our own judge of versions: what they recommended to the same users, beside what these did afterwards.

Versions are asked first, by batch inference; they are judged only by interactions that happened after the last of
them was asked, so none can have learned from what it is judged by.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from consumers.personalize_sync.metrics import LENGTH, Lead, Scores, lead, scores
from contract.errors import ConfigurationError

NUM_RESULTS = LENGTH
MAX_USERS = 2_000  # whom versions are asked about: their price is by the answer
MAX_ROWS = 1_000_000  # of one file, as its writer promises

Lists = Mapping[str, Sequence[str]]
Holdout = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Interaction:
    user: str
    item: str
    at: int  # epoch seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Of a candidate, on `users` users and what they did after `since` (epoch seconds). Names no user."""

    users: int
    since: float
    champion_arn: str  # empty where there was none
    candidate: Scores
    champion: Scores | None
    popularity: Scores
    over_champion: Lead | None
    over_popularity: Lead


def read_rows(data: bytes) -> Iterator[Interaction]:
    """Of a `last_day.csv`. Raises `ConfigurationError` for a file without these columns."""
    lines = csv.reader(io.StringIO(data.decode(), newline=""), doublequote=False, escapechar="\\")
    header = next(lines, [])
    names = ("USER_ID", "ITEM_ID", "TIMESTAMP")
    if missing := [name for name in names if name not in header]:
        raise ConfigurationError(f"the last day's file has no column {', '.join(missing)}")
    user, item, at = (header.index(name) for name in names)
    for cells in islice(lines, MAX_ROWS):
        yield Interaction(cells[user], cells[item], int(cells[at]))


def asked_users(rows: Iterable[Interaction], *, most: int = MAX_USERS) -> list[str]:
    """Users to ask versions about: the same of the same rows, and of most users the same every day."""
    return sorted({row.user for row in rows}, key=lambda user: hashlib.sha256(user.encode()).digest())[:most]


def job_input(users: Iterable[str]) -> bytes:
    """The file of a batch inference job."""
    return b"".join(json.dumps({"userId": user}).encode() + b"\n" for user in users)


def read_input(data: bytes) -> list[str]:
    """The users of a file that `job_input` made."""
    return [json.loads(line)["userId"] for line in data.splitlines() if line.strip()]


def read_output(data: bytes) -> dict[str, tuple[str, ...]]:
    """User -> items, best first and each once. A user whose line has an error has no list."""
    found = {}
    for line in data.splitlines():
        if line.strip():
            answer: Mapping[str, Any] = json.loads(line)
            items = (answer.get("output") or {}).get("recommendedItems") or ()
            found[str(answer["input"]["userId"])] = tuple(dict.fromkeys(items))
    return found


def holdout(rows: Iterable[Interaction], *, since: float, users: Collection[str]) -> dict[str, frozenset[str]]:
    """What each of `users` came to after `since`; without users who did not come. Rows may repeat."""
    asked, found = frozenset(users), dict[str, set[str]]()
    for row in rows:
        if row.at > since and row.user in asked:
            found.setdefault(row.user, set()).add(row.item)
    return {user: frozenset(items) for user, items in sorted(found.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What each version recommended. `champion` None where there is none."""

    candidate: Lists
    popularity: Lists
    champion: Lists | None = None
    champion_arn: str = ""


def evaluate(relevant: Holdout, answers: Answers, *, since: float, catalog: int) -> Evaluation:
    """`relevant`: of `holdout`, not empty. `catalog`: how many items there are, for coverage."""
    if not relevant:
        raise ValueError("nobody came: there is nothing to judge by")
    own, champion = answers.candidate, answers.champion
    return Evaluation(
        users=len(relevant),
        since=since,
        champion_arn=answers.champion_arn,
        candidate=scores(own, relevant, catalog=catalog),
        champion=None if champion is None else scores(champion, relevant, catalog=catalog),
        popularity=scores(answers.popularity, relevant, catalog=catalog),
        over_champion=None if champion is None else lead(own, champion, relevant),
        over_popularity=lead(own, answers.popularity, relevant),
    )


def as_value(evaluation: Evaluation) -> dict[str, Any]:
    """For the state table, as JSON."""
    return asdict(evaluation)


def from_value(value: Mapping[str, Any]) -> Evaluation:
    """What `as_value` made."""
    kinds = {"candidate": Scores, "champion": Scores, "popularity": Scores, "over_champion": Lead}
    kinds |= {"over_popularity": Lead}
    parts = {name: None if value[name] is None else kind(**value[name]) for name, kind in kinds.items()}
    return Evaluation(**{**value, **parts})
