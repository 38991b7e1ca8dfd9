"""What a campaign's, a recommender's or a batch job's configuration means to the recommender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from personalize_local.limits import DEFAULT_EXPLORATION_AGE_DAYS, DEFAULT_EXPLORATION_WEIGHT
from personalize_local.serving.recommender import Config


def config_of(config: Mapping[str, Any]) -> Config:
    """From campaignConfig, recommenderConfig or batchInferenceJobConfig."""
    exploration = config.get("itemExplorationConfig") or {}
    return Config(
        exploration_weight=float(exploration.get("explorationWeight", DEFAULT_EXPLORATION_WEIGHT)),
        exploration_age_days=float(exploration.get("explorationItemAgeCutOff", DEFAULT_EXPLORATION_AGE_DAYS)),
        influence=config.get("rankingInfluence") or {},
    )
