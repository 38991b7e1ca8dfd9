"""From a query to items: scores, filter, exploration, promotion. Knows neither requests nor resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from personalize_local.filters.columns import Mask
from personalize_local.limits import DEFAULT_EXPLORATION_AGE_DAYS, DEFAULT_EXPLORATION_WEIGHT
from personalize_local.recipes.explore import NewItems, eligible, explore
from personalize_local.recipes.softmax import softmax
from personalize_local.serving.events import Event
from personalize_local.serving.group import Group
from personalize_local.serving.model import ServedModel

Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a campaign or a recommender sets."""

    exploration_weight: float = DEFAULT_EXPLORATION_WEIGHT
    exploration_age_days: float = DEFAULT_EXPLORATION_AGE_DAYS
    influence: Mapping[str, float] = field(default_factory=dict)  # POPULARITY, FRESHNESS: 0 to 1


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A share of the places goes to rows of its own."""

    name: str | None
    percent: int
    allowed: Mask


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked; `allowed` says which rows the filter lets through."""

    count: int
    user: str | None = None
    item: str | None = None
    allowed: Mask | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    promotion: Promotion | None = None


class Recommended(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the list: a row of the group's items."""

    row: int
    score: float | None = None
    promotion: str | None = None
    reasons: tuple[str, ...] = ()


class Recommender:
    """One model over one group's items, which may have grown since the training."""

    def __init__(self, model: ServedModel, group: Group, config: Config | None = None) -> None:
        self._model = model
        self._group = group
        self._config = config or Config()

    def recommend(self, query: Query, *, now: float, generator: np.random.Generator) -> list[Recommended]:
        """Best first; fewer than asked for where the filter leaves fewer."""
        logits = self._logits(query)
        scores = self._scores(logits)
        ranked = self._ranked(logits, query, now, generator)
        promoted = self._promoted(logits, query, generator)
        places = _around(ranked, promoted, query.count)
        return [msgspec.structs.replace(each, score=_score(scores, each.row)) for each in places]

    def rank(self, query: Query, items: Sequence[str]) -> list[tuple[str, float | None]]:
        """The given items in the user's order; those that training did not know stand last, without a score."""
        logits = self._logits(query)
        rows = {item: self._group.items.row(item) for item in dict.fromkeys(items)}
        kept = {
            item: row for item, row in rows.items() if query.allowed is None or (row is not None and query.allowed[row])
        }
        known = [(item, row) for item, row in kept.items() if row is not None and np.isfinite(logits[row])]
        scores = softmax(logits, np.array([row for _, row in known], np.int32))
        ranked = sorted(zip((item for item, _ in known), scores.tolist(), strict=True), key=lambda pair: -pair[1])
        unknown = [item for item in kept if item not in dict(known)]
        return [*ranked, *((item, None) for item in unknown)]

    def _logits(self, query: Query) -> NDArray[np.float32]:
        """Of every row; -inf for items that training did not know."""
        model = self._model
        rows = self._group.rows_of(model)
        logits = np.full(len(self._group.items), -np.inf, np.float32)
        known = self._group.known(model, query.user, query.context) if model.recipe.takes_context else []
        logits[rows] = model.logits(query.user, query.item, known, self._events(query.user))
        for name, influence in self._config.influence.items():
            logits[rows] += np.float32(influence) * model.influences[name]
        return logits

    def _events(self, user: str | None) -> Sequence[Event]:
        if user is None or not self._model.recipe.real_time:
            return ()
        return self._group.events.of(user, after=self._model.last_seq)

    def _scores(self, logits: NDArray[np.float32]) -> NDArray[np.float64] | None:
        return softmax(logits) if self._model.recipe.has_scores else None

    def _ranked(
        self, logits: NDArray[np.float32], query: Query, now: float, generator: np.random.Generator
    ) -> list[Recommended]:
        allowed = self._allowed(query)
        ranked = best(np.where(allowed, logits, -np.inf), query.count)
        if not self._model.recipe.explores or not self._config.exploration_weight:
            return [Recommended(row=row) for row in ranked.tolist()]
        slots = explore(
            ranked.astype(np.int32),
            self._new_items(allowed, now),
            weight=self._config.exploration_weight,
            slots=query.count,
            generator=generator,
        )
        pairs = zip(slots.item.tolist(), slots.explored.tolist(), strict=True)
        return [Recommended(row=row, reasons=("Exploration",) if new else ()) for row, new in pairs]

    def _new_items(self, allowed: Mask, now: float) -> NewItems:
        group, model = self._group, self._model
        created, met = group.created(model), group.interactions(model)
        rows = eligible(created, met, now=int(now), age_days=self._config.exploration_age_days)
        rows = rows[allowed[rows]]
        return NewItems(item=rows, ignored=group.ignored(rows))

    def _allowed(self, query: Query) -> Mask:
        count = len(self._group.items)
        allowed = np.ones(count, np.bool_) if query.allowed is None else query.allowed
        had = self._model.recipe.leaves_out
        if query.user is not None and had:
            allowed = allowed.copy()
            allowed[self._group.interacted(query.user)(had.lower())] = False
        return allowed

    def _promoted(
        self, logits: NDArray[np.float32], query: Query, generator: np.random.Generator
    ) -> dict[int, Recommended]:
        """By place: drawn at random, the best promoted items in their order."""
        promotion = query.promotion
        if promotion is None:
            return {}
        wanted = round(query.count * promotion.percent / 100)
        # Items that training did not know have no score: they come last, in the order of the rows.
        candidates = np.where(promotion.allowed, np.maximum(logits, np.float32(-1e30)), -np.inf)
        rows = best(candidates, wanted)
        places = np.sort(generator.choice(query.count, len(rows), replace=False))
        return {
            place: Recommended(row=row, promotion=promotion.name, reasons=("Promoted item",))
            for place, row in zip(places.tolist(), rows.tolist(), strict=True)
        }


def best(values: NDArray[np.float32], count: int) -> Rows:
    """Rows of the largest finite values, largest first; equal ones in the order of rows."""
    count = min(count, len(values))
    if not count:
        return np.zeros(0, np.intp)
    if count < len(values):
        edge = np.partition(values, len(values) - count)[len(values) - count]
        rows = np.flatnonzero(values >= edge)
    else:
        rows = np.arange(len(values))
    rows = rows[np.isfinite(values[rows])]
    chosen: Rows = rows[np.argsort(-values[rows], kind="stable")][:count]
    return chosen


def _around(ranked: Sequence[Recommended], promoted: Mapping[int, Recommended], count: int) -> list[Recommended]:
    """Every place of the list, promoted ones included; no row twice."""
    taken = {each.row for each in promoted.values()}
    rest = iter([each for each in ranked if each.row not in taken])
    places = [promoted.get(place) or next(rest, None) for place in range(count)]
    return [place for place in places if place is not None]


def _score(scores: NDArray[np.float64] | None, row: int) -> float | None:
    if scores is None or not scores[row]:
        return None
    return float(scores[row])
