"""A batch inference job: recommendations or rankings for the lines of files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from personalize_local.filters.columns import Mask
from personalize_local.filters.evaluate import CompiledFilter
from personalize_local.filters.grammar import parse
from personalize_local.filters.model import FilterError
from personalize_local.jobs.lines import Line, LineRefused, answer_lines, text_of
from personalize_local.jobs.s3 import Store
from personalize_local.limits import MAX_RESULTS
from personalize_local.serving.config import config_of
from personalize_local.serving.group import Group, load_group
from personalize_local.serving.model import ServedModel, load_model
from personalize_local.serving.recommender import Query, Recommender


def run(  # noqa: PLR0913 - a task's arguments
    *,
    model: str,
    recipe: str,  # noqa: ARG001 - the model says it
    input: str,  # noqa: A002 - the service's word
    output: str,
    s3_endpoint: str | None,
    num_results: int,
    filter: Mapping[str, Any] | None,  # noqa: A002
    datasets: Mapping[str, Any],
    database: str,
    config: Mapping[str, Any],
    now: float,
    seed: int,
    name: str,  # noqa: ARG001 - output files are named by the input's
) -> dict[str, Any]:
    """By the model's training and what was put since."""
    group = load_group(datasets, Path(database), now=now)
    compiled = CompiledFilter(parse(filter["expression"]), group.schemas) if filter else None
    batch = Batch(load_model(Path(model)), group, compiled, count=num_results, config=config, now=now, seed=seed)
    return {"records": answer_lines(Store(s3_endpoint), input, output, batch.answer, form)}


def form(given: Any, found: Mapping[str, Any] | None, error: str | None) -> dict[str, Any]:
    """A line of output as the developer guide shows it."""
    return {"input": given, "output": found or {"recommendedItems": []}, "error": error}


class Batch:
    """Answers a line by the type of the recipe."""

    def __init__(  # noqa: PLR0913 - what a job says
        self,
        model: ServedModel,
        group: Group,
        compiled: CompiledFilter | None,
        *,
        count: int,
        config: Mapping[str, Any],
        now: float,
        seed: int,
    ) -> None:
        self._model, self._group, self._compiled, self._count, self._now = model, group, compiled, count, now
        self._recommender = Recommender(model, group, config_of(config))
        self._generator = np.random.default_rng(seed)

    def answer(self, line: Line) -> dict[str, Any]:
        """Raises `LineRefused`."""
        answers: Mapping[str, Callable[[Line], dict[str, Any]]] = {
            "PERSONALIZED_RANKING": self._ranking,
            "RELATED_ITEMS": self._related,
        }
        return answers.get(self._model.recipe.type, self._personalized)(line)

    def _personalized(self, line: Line) -> dict[str, Any]:
        user = text_of(line, "userId")
        return self._recommended(
            Query(count=self._count, user=user, allowed=self._allowed(line, user), context=_context(line))
        )

    def _related(self, line: Line) -> dict[str, Any]:
        allowed = self._allowed(line, None)
        return self._recommended(Query(count=self._count, item=text_of(line, "itemId"), allowed=allowed))

    def _recommended(self, query: Query) -> dict[str, Any]:
        found = self._recommender.recommend(query, now=self._now, generator=self._generator)
        items = [self._group.items.ids[each.row] for each in found]
        return _output(items, [each.score for each in found])

    def _ranking(self, line: Line) -> dict[str, Any]:
        user, items = text_of(line, "userId"), line.get("itemList")
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise LineRefused("Required fields for the provided recipe are userId, itemList")
        if not 0 < len(items) <= MAX_RESULTS:
            raise LineRefused(f"itemList must have 1 to {MAX_RESULTS} items")
        query = Query(count=len(items), user=user, allowed=self._allowed(line, user), context=_context(line))
        ranked = self._recommender.rank(query, items)
        return _output([item for item, _ in ranked], [score for _, score in ranked])

    def _allowed(self, line: Line, user: str | None) -> Mask | None:
        if self._compiled is None:
            return None
        try:
            bound = self._compiled.bind(line.get("filterValues") or {})
            return self._compiled.allowed(
                bound, self._group.items, self._group.current_user(user), self._group.interacted(user)
            )
        except FilterError as error:
            raise LineRefused(str(error)) from error


def _context(line: Line) -> dict[str, str]:
    context = line.get("context") or {}
    if not isinstance(context, dict) or not all(isinstance(value, str) for value in context.values()):
        raise LineRefused("context must be an object of strings")
    return context


def _output(items: Sequence[str], scores: Sequence[float | None]) -> dict[str, Any]:
    """Without scores where the recipe has none."""
    if all(score is None for score in scores):
        return {"recommendedItems": list(items)}
    return {"recommendedItems": list(items), "scores": list(scores)}
