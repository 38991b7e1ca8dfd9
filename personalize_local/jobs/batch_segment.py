"""A batch segment job: the users with the most affinity to an item, or to items of given attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_local.filters.columns import Mask
from personalize_local.filters.evaluate import CompiledFilter
from personalize_local.filters.grammar import parse
from personalize_local.filters.index import RecordIndex
from personalize_local.filters.model import FilterError
from personalize_local.jobs.lines import Line, LineRefused, answer_lines, text_of
from personalize_local.jobs.s3 import Store
from personalize_local.limits import MAX_SEGMENT_QUERIES
from personalize_local.recipes.segmented import Segments
from personalize_local.recipes.segments import affinity
from personalize_local.serving.group import Group, load_group
from personalize_local.serving.model import ServedModel, load_model
from personalize_local.serving.recommender import best


def run(  # noqa: PLR0913 - a task's arguments
    *,
    model: str,
    recipe: str,
    input: str,  # noqa: A002 - the service's word
    output: str,
    s3_endpoint: str | None,
    num_results: int,
    filter: Mapping[str, Any] | None,  # noqa: A002
    datasets: Mapping[str, Any],
    database: str,
    config: Mapping[str, Any],  # noqa: ARG001 - segment jobs have none
    now: float,
    seed: int,  # noqa: ARG001 - nothing here is drawn
    name: str,  # noqa: ARG001 - output files are named by the input's
) -> dict[str, Any]:
    """By the model's training and what was put since."""
    group = load_group(datasets, Path(database), now=now)
    compiled = CompiledFilter(parse(filter["expression"]), group.schemas) if filter else None
    segmenter = Segmenter(load_model(Path(model)), group, compiled, num_results)
    most = MAX_SEGMENT_QUERIES[recipe]
    return {"records": answer_lines(Store(s3_endpoint), input, output, segmenter.answer, form, most=most)}


def form(given: Any, found: Mapping[str, Any] | None, error: str | None) -> dict[str, Any]:
    """A line of output as the developer guide shows it: attributes stand there without a member around them."""
    line = dict(given) if isinstance(given, dict) and "itemAttributes" in given else {"input": given}
    line["output"] = found or {"recommendedUsers": []}
    return line | ({"error": error} if error else {})


class Segmenter:
    """Answers a line by the recipe: an item, or attributes of items."""

    def __init__(self, model: ServedModel, group: Group, compiled: CompiledFilter | None, count: int) -> None:
        if not isinstance(model.model, Segments):
            raise TypeError(f"{model.recipe.name} makes no segments")
        self._segments = model.model
        self._model, self._group, self._compiled, self._count = model, group, compiled, count
        self._users = _user_index(model, group) if compiled else None
        by_attributes = model.recipe.name == "aws-item-attribute-affinity"
        self._items: Callable[[Line], NDArray[np.int32]] = self._having if by_attributes else self._named

    def answer(self, line: Line) -> dict[str, Any]:
        """Raises `LineRefused`."""
        scores = affinity(self._segments, self._items(line))
        allowed = self._allowed(line)
        if allowed is not None:
            scores = np.where(allowed, scores, -np.inf)
        users = self._model.histories.users
        return {"recommendedUsers": [users[number] for number in best(scores, self._count).tolist()]}

    def _named(self, line: Line) -> NDArray[np.int32]:
        item = text_of(line, "itemId")
        number = self._model.items.find(item)
        if number is None:
            raise LineRefused(f"item {item} was not in the training data")
        return np.array([number], np.int32)

    def _having(self, line: Line) -> NDArray[np.int32]:
        text = text_of(line, "itemAttributes")
        try:
            parsed = parse(f"INCLUDE ItemID WHERE {text}")
            compiled = CompiledFilter(parsed, self._group.schemas)
            bound = compiled.bind({})
            operators = {condition.operator for each in parsed.expressions for condition in each.conditions}
        except FilterError as error:
            raise LineRefused(str(error)) from error
        if operators != {"="}:
            raise LineRefused("itemAttributes takes only = ")
        rows = compiled.allowed(bound, self._group.items, {}, lambda _: ())
        numbers = np.flatnonzero(rows[self._group.rows_of(self._model)]).astype(np.int32)
        if not len(numbers):
            raise LineRefused("no item of the training data has these attributes")
        return numbers

    def _allowed(self, line: Line) -> Mask | None:
        if self._compiled is None or self._users is None:
            return None
        item = line.get("itemId", "")
        try:
            bound = self._compiled.bind(line.get("filterValues") or {})
        except FilterError as error:
            raise LineRefused(str(error)) from error
        rows = self._compiled.allowed(bound, self._users, {}, lambda event_type: self._who_had(item, event_type))
        return rows[: len(self._model.histories.users)]

    def _who_had(self, item: str, event_type: str) -> list[int]:
        users = (self._model.histories.users.find(user) for user in self._group.users_of(item, event_type))
        return [number for number in users if number is not None]


def _user_index(model: ServedModel, group: Group) -> RecordIndex:
    """Row u is the model's user u."""
    index = RecordIndex(group.schemas.get("Users"))
    for user in model.histories.users:
        index.put(user, group.current_user(user))
    return index
