"""What a request asks: from ARNs to the model, the group, the rows that filters let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from personalize_local.emulator import Emulator
from personalize_local.filters.columns import Mask
from personalize_local.filters.evaluate import CompiledFilter
from personalize_local.filters.grammar import parse
from personalize_local.filters.model import Filter, FilterError
from personalize_local.serving.config import config_of
from personalize_local.serving.datasets import described
from personalize_local.serving.group import Group
from personalize_local.serving.model import ServedModel
from personalize_local.serving.recommender import Config, Promotion
from personalize_local.state.resources import ACTIVE, Resource
from personalize_local.wire.errors import InvalidInputException, ResourceNotFoundException

Texts = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A campaign or a recommender that is ready to answer."""

    arn: str
    group_arn: str
    model: ServedModel
    group: Group
    config: Config
    enables_metadata: bool


async def of_campaign(emulator: Emulator, arn: str) -> Asked:
    campaign = _active(emulator, arn, "campaign")
    version = emulator.resources.get(campaign.body["solutionVersionArn"], "solution-version")
    return await _asked(emulator, campaign, version.private["model"], campaign.body.get("campaignConfig") or {})


async def of_recommender(emulator: Emulator, arn: str) -> Asked:
    recommender = _active(emulator, arn, "recommender")
    config = recommender.body.get("recommenderConfig") or {}
    return await _asked(emulator, recommender, recommender.private["model"], config)


def filtered(emulator: Emulator, asked: Asked, arn: str | None, values: Texts | None, user: str | None) -> Mask | None:
    """The rows that a filter lets through; None without a filter."""
    if arn is None:
        if values:
            raise InvalidInputException("filterValues is given without filterArn.")
        return None
    resource = emulator.resources.get(arn, "filter")
    if resource.group != asked.group_arn:
        raise InvalidInputException(f"Filter {arn} is of another dataset group than {asked.arn}.")
    if emulator.resources.status(resource) != ACTIVE:
        raise InvalidInputException(f"Filter {arn} is not ACTIVE.")
    try:
        compiled = _compiled(asked.group, resource)
        bound = _bound(compiled, tuple((values or {}).items()))
        return compiled.allowed(bound, asked.group.items, asked.group.current_user(user), asked.group.interacted(user))
    except FilterError as error:
        raise InvalidInputException(str(error)) from error


def promoted(
    emulator: Emulator, asked: Asked, promotions: Sequence[Mapping[str, Any]], user: str | None
) -> Promotion | None:
    """At most one, as the model of requests has it."""
    for promotion in promotions:
        if not promotion.get("filterArn") or not promotion.get("percentPromotedItems"):
            raise InvalidInputException("A promotion needs filterArn and percentPromotedItems.")
        allowed = filtered(emulator, asked, promotion["filterArn"], promotion.get("filterValues"), user)
        assert allowed is not None  # noqa: S101 - it has a filter
        return Promotion(name=promotion.get("name"), percent=promotion["percentPromotedItems"], allowed=allowed)
    return None


def _active(emulator: Emulator, arn: str, kind: str) -> Resource:
    resource = emulator.resources.get(arn, kind)
    status = emulator.resources.status(resource)
    if status != ACTIVE:
        raise ResourceNotFoundException(f"{arn} is not ready to answer: its status is {status}.")
    return resource


async def _asked(emulator: Emulator, resource: Resource, directory: str, config: Mapping[str, Any]) -> Asked:
    group_arn = resource.group or ""
    model = await emulator.live.model(directory)
    group = await emulator.live.group(group_arn, lambda: described(emulator, group_arn))
    group.rows_of(model)  # so that filters see every item that the model knows
    return Asked(
        arn=resource.arn,
        group_arn=group_arn,
        model=model,
        group=group,
        config=config_of(config),
        enables_metadata=bool(config.get("enableMetadataWithRecommendations")),
    )


@lru_cache(maxsize=1_024)
def _bound(compiled: CompiledFilter, values: tuple[tuple[str, str], ...]) -> Filter:
    """Clients give the same values again and again."""
    return compiled.bind(dict(values))


def _compiled(group: Group, resource: Resource) -> CompiledFilter:
    """Kept with the group, whose schemas it was checked against."""
    expression: str = resource.body["filterExpression"]
    compiled = group.filters.get(expression)
    if compiled is None:
        compiled = group.filters[expression] = CompiledFilter(parse(expression), group.schemas)
    return compiled
