"""Hyperparameter search: few trials in a fixed order, each judged on the same split; the best one wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from personalize_local.recipes.arguments import Engine, engine
from personalize_local.recipes.catalogue import ARGUMENTS, RECIPES
from personalize_local.recipes.evaluation import judge
from personalize_local.recipes.facts import Hyperparameter
from personalize_local.recipes.histories import distinct, without_outliers
from personalize_local.recipes.item_item import ItemItem
from personalize_local.recipes.model import Interactions, ItemFacts
from personalize_local.recipes.registry import Model
from personalize_local.recipes.splits import Split, split
from personalize_local.recipes.training import item_item, personalization, train

METRIC = "normalized_discounted_cumulative_gain_at_25"

# What is worth a trial of each, near the default first.
_WORTHWHILE: Mapping[str, tuple[str, ...]] = {
    "hidden_dimension": ("149", "75", "256", "37"),
    "bptt": ("32", "20", "12"),
    "recency_mask": ("True", "False"),
    "popularity_discount_factor": ("0.5", "0.3", "0.7", "0.1", "0.9"),
    "min_cointeraction_count": ("3", "1", "5", "10"),
    "item_id_hidden_dim": ("100", "200", "50"),
    "item_metadata_hidden_dim": ("100", "50", "200"),
}


@dataclass(frozen=True, kw_only=True)
class Range:
    """What the solution allows of one hyperparameter: a least and a most number, or values."""

    least: float | None = None
    most: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Search:
    """At most `jobs` trials. `fixed` holds for all of them, `ranges` narrows what is tried."""

    jobs: int
    fixed: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Trial:
    hyperparameters: Mapping[str, str]  # only the searched ones
    metric: float


@dataclass(frozen=True, kw_only=True)
class Tuned:
    best: Mapping[str, str]
    trials: tuple[Trial, ...]


def tunable(recipe: str) -> tuple[str, ...]:
    return tuple(each.name for each in ARGUMENTS[recipe].values() if each.tunable)


def tune(
    recipe: str,
    interactions: Interactions,
    facts: ItemFacts | None,
    search: Search,
    seed: int = 0,
) -> Tuned:
    """Tries the tunable hyperparameters that are not fixed.

    Raises ValueError where the recipe has nothing to tune.
    """
    if not tunable(recipe):
        raise ValueError(f"{recipe} does not support hyperparameter optimization.")
    parts = split(interactions, seed)
    models = _Models(recipe, parts, facts)
    trials = tuple(
        Trial(hyperparameters=chosen, metric=judge(models.of({**search.fixed, **chosen}), parts)[METRIC])
        for chosen in islice(_choices(recipe, search), search.jobs)
    )
    best = max(trials, key=lambda trial: trial.metric)  # of equals the first, which is nearer to the defaults
    return Tuned(best=best.hyperparameters, trials=trials)


class _Models:
    """Trains on the split's larger part; keeps the last item-item matrix, which many trials share."""

    def __init__(self, recipe: str, parts: Split, facts: ItemFacts | None) -> None:
        self._recipe = recipe
        self._parts = parts
        self._histories = distinct(parts.train)
        self._facts = facts
        self._last: tuple[float, ItemItem] | None = None

    def of(self, hyperparameters: Mapping[str, str]) -> Model:
        if RECIPES[self._recipe].model != "user":
            return train(self._recipe, self._parts.train, self._facts, hyperparameters).model
        settings = engine(self._recipe, hyperparameters)
        if self._last is None or self._last[0] != settings.regularization:
            self._last = settings.regularization, self._items(settings)
        return personalization(self._parts.train, self._histories, self._last[1], settings)

    def _items(self, settings: Engine) -> ItemItem:
        return item_item(without_outliers(self._histories, *settings.percentiles), settings.regularization)


def _choices(recipe: str, search: Search) -> Iterator[dict[str, str]]:
    """All combinations: the last hyperparameter changes first."""
    known = [ARGUMENTS[recipe][name] for name in tunable(recipe) if name not in search.fixed]
    values = [_values(each, search.ranges.get(each.name, Range())) for each in known]
    for combination in product(*values):
        yield dict(zip((each.name for each in known), combination, strict=True))


def _values(hyperparameter: Hyperparameter, allowed: Range) -> tuple[str, ...]:
    """What is worthwhile and allowed; where nothing is both, the ends of the range."""
    worthwhile = _WORTHWHILE[hyperparameter.name]
    if hyperparameter.kind == "categorical":
        return tuple(v for v in worthwhile if not allowed.values or v in allowed.values)
    least = hyperparameter.least if allowed.least is None else allowed.least
    most = hyperparameter.most if allowed.most is None else allowed.most
    inside = tuple(v for v in worthwhile if least <= float(v) <= most)
    form = int if hyperparameter.kind == "integer" else float
    return inside or tuple(dict.fromkeys((str(form(least)), str(form(most)))))
