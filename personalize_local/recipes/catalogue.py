"""The recipes as Personalize lists them, as data: plain Python that any part of the server may read."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from personalize_local.recipes.domains import DOMAIN_RECIPES
from personalize_local.recipes.facts import Hyperparameter, Recipe, arguments

_PERSONALIZATION: Final = (
    Hyperparameter(name="hidden_dimension", kind="integer", default="149", least=32, most=256, tunable=True),
    Hyperparameter(name="bptt", kind="integer", default="32", least=2, most=32, tunable=True),
    Hyperparameter(name="recency_mask", kind="categorical", default="True", values=("True", "False"), tunable=True),
)
_RECENCY_BIAS: Final = (
    Hyperparameter(name="apply_recency_bias", kind="categorical", default="true", values=("true", "false")),
)
_HISTORY_PERCENTILES: Final = (
    Hyperparameter(name="min_user_history_length_percentile", kind="continuous", default="0.0", least=0.0, most=1.0),
    Hyperparameter(name="max_user_history_length_percentile", kind="continuous", default="0.99", least=0.0, most=1.0),
)
_SIMS: Final = (
    Hyperparameter(
        name="popularity_discount_factor", kind="continuous", default="0.5", least=0.0, most=1.0, tunable=True
    ),
    Hyperparameter(name="min_cointeraction_count", kind="integer", default="3", least=0, most=10, tunable=True),
)
_SIMS_PERCENTILES: Final = (
    Hyperparameter(name="min_user_history_length_percentile", kind="continuous", default="0.005", least=0.0, most=1.0),
    Hyperparameter(name="max_user_history_length_percentile", kind="continuous", default="0.995", least=0.0, most=1.0),
    Hyperparameter(
        name="min_item_interaction_count_percentile", kind="continuous", default="0.01", least=0.0, most=1.0
    ),
    Hyperparameter(name="max_item_interaction_count_percentile", kind="continuous", default="0.9", least=0.0, most=1.0),
)
_SIMILAR: Final = (
    Hyperparameter(name="item_id_hidden_dim", kind="integer", default="100", least=30, most=200, tunable=True),
    Hyperparameter(name="item_metadata_hidden_dim", kind="integer", default="100", least=30, most=200, tunable=True),
)

_CUSTOM: Final = (
    Recipe(
        name="aws-user-personalization-v2",
        type="USER_PERSONALIZATION",
        model="user",
        description="Items for a user, from the latest of what the user did.",
        hyperparameters=_RECENCY_BIAS,
        has_scores=True,
        real_time=True,
        needs_user=True,
        takes_context=True,
        weighs_events=True,
    ),
    Recipe(
        name="aws-user-personalization",
        type="USER_PERSONALIZATION",
        model="user",
        description="Items for a user, with exploration of new items.",
        hyperparameters=_PERSONALIZATION,
        feature_parameters=_HISTORY_PERCENTILES,
        has_scores=True,
        real_time=True,
        needs_user=True,
        takes_context=True,
        explores=True,
        updatable=True,
    ),
    Recipe(
        name="aws-personalized-ranking-v2",
        type="PERSONALIZED_RANKING",
        model="user",
        description="A given list of items, in the order that fits a user.",
        hyperparameters=_RECENCY_BIAS,
        has_scores=True,
        real_time=True,
        needs_user=True,
        takes_context=True,
        weighs_events=True,
    ),
    Recipe(
        name="aws-personalized-ranking",
        type="PERSONALIZED_RANKING",
        model="user",
        description="A given list of items, in the order that fits a user.",
        hyperparameters=_PERSONALIZATION,
        feature_parameters=_HISTORY_PERCENTILES,
        has_scores=True,
        real_time=True,
        needs_user=True,
        takes_context=True,
    ),
    Recipe(
        name="aws-popularity-count",
        type="USER_PERSONALIZATION",
        model="popular",
        description="Items with interactions of the most users; the same for everyone.",
        needs_user=True,
    ),
    Recipe(
        name="aws-trending-now",
        type="POPULAR_ITEMS",
        model="trending",
        description="Items whose interactions grow fastest.",
        feature_parameters=(
            Hyperparameter(
                name="trend_discovery_frequency",
                kind="categorical",
                default="3 hours",
                values=("30 minutes", "1 hour", "3 hours", "1 day"),
            ),
        ),
        batch=False,
    ),
    Recipe(
        name="aws-similar-items",
        type="RELATED_ITEMS",
        model="similar",
        description="Items similar to an item, by what users did and by metadata.",
        hyperparameters=_SIMILAR,
        needs_item=True,
        uses_items=True,
    ),
    Recipe(
        name="aws-sims",
        type="RELATED_ITEMS",
        model="sims",
        description="Items that users of an item also had.",
        hyperparameters=_SIMS,
        feature_parameters=_SIMS_PERCENTILES,
        needs_item=True,
    ),
    Recipe(
        name="aws-semantic-similarity",
        type="RELATED_ITEMS",
        model="semantic",
        description="Items whose text and metadata say the same.",
        needs_item=True,
        uses_items=True,
        needs_interactions=False,
    ),
    Recipe(
        name="aws-item-affinity",
        type="USER_SEGMENTATION",
        model="segments",
        description="Users with an affinity to an item.",
        campaign=False,
    ),
    Recipe(
        name="aws-item-attribute-affinity",
        type="USER_SEGMENTATION",
        model="segments",
        description="Users with an affinity to items of an attribute.",
        campaign=False,
        uses_items=True,
    ),
    Recipe(
        name="aws-next-best-action",
        type="PERSONALIZED_ACTIONS",
        model=None,
        description="Actions that a user is likely to take.",
        batch=False,
        needs_user=True,
        refusal="aws-next-best-action is not supported here.",
    ),
    *(
        Recipe(
            name=name,
            type="USER_PERSONALIZATION",
            model=None,
            description="Legacy; aws-user-personalization took its place.",
            hyperparameters=_PERSONALIZATION,
            feature_parameters=_HISTORY_PERCENTILES,
            has_scores=True,
            needs_user=True,
            refusal=f"{name} is a legacy recipe: new solutions with it can no longer be created.",
        )
        for name in ("aws-hrnn", "aws-hrnn-metadata", "aws-hrnn-coldstart")
    ),
)

RECIPES: Final = MappingProxyType({recipe.name: recipe for recipe in (*_CUSTOM, *DOMAIN_RECIPES)})
ARGUMENTS: Final = MappingProxyType({name: arguments(recipe) for name, recipe in RECIPES.items()})
