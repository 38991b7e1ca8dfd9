"""GetRecommendations and GetPersonalizedRanking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from personalize_local.emulator import Emulator
from personalize_local.limits import DEFAULT_RESULTS, MAX_RESULTS, MAX_RESULTS_WITH_METADATA
from personalize_local.operations import operation
from personalize_local.serving.asked import Asked, filtered, of_campaign, of_recommender, promoted
from personalize_local.serving.ids import new_id
from personalize_local.serving.metadata import metadata_of, requested_columns
from personalize_local.serving.recommender import Query, Recommended, Recommender
from personalize_local.wire.errors import InvalidInputException

Texts = Mapping[str, str]


class _Item(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """One place of the list, written without what it lacks."""

    itemId: str  # noqa: N815 - as the wire has it
    score: float | None = None
    promotionName: str | None = None  # noqa: N815
    metadata: Mapping[str, str] | None = None
    reason: Sequence[str] | None = None


@operation("GetRecommendations")
async def get_recommendations(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    num_results: int = DEFAULT_RESULTS,
    context: Texts | None = None,
    filter_arn: str | None = None,
    filter_values: Texts | None = None,
    promotions: Sequence[Mapping[str, Any]] = (),
    metadata_columns: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    if (campaign_arn is None) == (recommender_arn is None):
        raise InvalidInputException("Give either campaignArn or recommenderArn.")
    if campaign_arn is not None:
        asked = await of_campaign(emulator, campaign_arn)
    else:
        asked = await of_recommender(emulator, recommender_arn or "")
    columns = requested_columns(asked, metadata_columns)
    _check(asked, user_id, item_id)
    _check_count(num_results, with_metadata=bool(columns))
    query = Query(
        count=num_results,
        user=user_id,
        item=item_id,
        allowed=filtered(emulator, asked, filter_arn, filter_values, user_id),
        context=context or {},
        promotion=promoted(emulator, asked, promotions, user_id),
    )
    found = Recommender(asked.model, asked.group, asked.config).recommend(
        query, now=emulator.clock.now(), generator=emulator.generator
    )
    return _answered(emulator, asked, found, columns)


@operation("GetPersonalizedRanking")
async def get_personalized_ranking(  # noqa: PLR0913 - the members of the request
    emulator: Emulator,
    *,
    campaign_arn: str,
    input_list: Sequence[str],
    user_id: str,
    context: Texts | None = None,
    filter_arn: str | None = None,
    filter_values: Texts | None = None,
    metadata_columns: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    asked = await of_campaign(emulator, campaign_arn)
    columns = requested_columns(asked, metadata_columns)
    if asked.model.recipe.type != "PERSONALIZED_RANKING":
        raise InvalidInputException(f"Recipe {asked.model.recipe.name} ranks no lists: use GetRecommendations.")
    if not input_list:
        raise InvalidInputException("inputList must have at least one item.")
    _check_count(len(input_list), with_metadata=bool(columns), what="inputList")
    allowed = filtered(emulator, asked, filter_arn, filter_values, user_id)
    query = Query(count=len(input_list), user=user_id, allowed=allowed, context=context or {})
    ranked = Recommender(asked.model, asked.group, asked.config).rank(query, input_list)
    return {
        "personalizedRanking": [
            {"itemId": item, "score": score, "metadata": metadata_of(asked.group, item, columns)}
            for item, score in ranked
        ],
        "recommendationId": _remembered(emulator, [item for item, _ in ranked]),
    }


def _check(asked: Asked, user: str | None, item: str | None) -> None:
    recipe = asked.model.recipe
    if recipe.type == "PERSONALIZED_RANKING":
        raise InvalidInputException(f"Recipe {recipe.name} ranks given lists: use GetPersonalizedRanking.")
    if recipe.needs_user and not user:
        raise InvalidInputException(f"userId is required for recipe {recipe.name}.")
    if recipe.needs_item and not item:
        raise InvalidInputException(f"itemId is required for recipe {recipe.name}.")


def _check_count(count: int, *, with_metadata: bool, what: str = "numResults") -> None:
    most = MAX_RESULTS_WITH_METADATA if with_metadata else MAX_RESULTS
    if count > most:
        wording = " with metadata" if with_metadata else ""
        raise InvalidInputException(f"{what} must be at most {most}{wording}; it is {count}.")


def _answered(emulator: Emulator, asked: Asked, found: Sequence[Recommended], columns: Texts) -> dict[str, Any]:
    ids = asked.group.items.ids
    explains = asked.model.recipe.name == "aws-user-personalization-v2"
    return {
        "itemList": [
            _Item(
                itemId=ids[each.row],
                score=each.score,
                promotionName=each.promotion,
                metadata=metadata_of(asked.group, ids[each.row], columns),
                reason=each.reasons if explains and each.reasons else None,
            )
            for each in found
        ],
        "recommendationId": _remembered(emulator, [ids[each.row] for each in found]),
    }


def _remembered(emulator: Emulator, items: Sequence[str]) -> str:
    recommendation_id = f"RID-{new_id()}"
    emulator.live.remember(recommendation_id, items)
    return recommendation_id
