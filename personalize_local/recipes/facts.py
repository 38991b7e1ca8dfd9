"""What is known of a recipe before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Domain = Literal["ECOMMERCE", "VIDEO_ON_DEMAND"]
ModelKind = Literal["user", "popular", "trending", "sims", "similar", "semantic", "segments"]
RecipeType = Literal[
    "USER_PERSONALIZATION",
    "POPULAR_ITEMS",
    "PERSONALIZED_RANKING",
    "RELATED_ITEMS",
    "PERSONALIZED_ACTIONS",
    "USER_SEGMENTATION",
]


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """A number within bounds, or one of a few texts. All are sent as strings."""

    name: str
    kind: Literal["integer", "continuous", "categorical"]
    default: str
    least: float = 0
    most: float = 0
    values: tuple[str, ...] = ()
    tunable: bool = False

    def complaint(self, text: str) -> str | None:
        """Why the text is no value of it, or None."""
        if self.kind == "categorical":
            wanted = f"one of {', '.join(self.values)}"
            return None if text in self.values else f"{self.name} must be {wanted}; it is {text!r}."
        name = "an integer" if self.kind == "integer" else "a number"
        wanted = f"{name} from {self.least} to {self.most}"
        return None if self._is_within(text) else f"{self.name} must be {wanted}; it is {text!r}."

    def _is_within(self, text: str) -> bool:
        try:
            number = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            return False
        return self.least <= number <= self.most


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`model`: what is trained; None where nothing is, for the reason in `refusal`."""

    name: str
    type: RecipeType
    model: ModelKind | None
    description: str
    hyperparameters: tuple[Hyperparameter, ...] = ()
    feature_parameters: tuple[Hyperparameter, ...] = ()
    domain: Domain | None = None
    event_type: str | None = None  # only interactions of this type are learned from, at least 1,000 of them
    leaves_out: str | None = None  # items of which the user has an event of this type are never returned
    has_scores: bool = False
    real_time: bool = False  # a user's event counts at the next request
    batch: bool = True
    campaign: bool = True  # else only batch segment jobs
    needs_user: bool = False
    needs_item: bool = False
    needs_interactions: bool = True
    uses_items: bool = False  # learns from the Items dataset
    takes_context: bool = False
    weighs_events: bool = False  # eventsConfig
    explores: bool = False
    updatable: bool = False  # trainingMode UPDATE
    refusal: str | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:personalize:::recipe/{self.name}"

    @property
    def algorithm_arn(self) -> str:
        custom = "-custom" if self.name == "aws-trending-now" else ""
        return f"arn:aws:personalize:::algorithm/{self.name}{custom}"

    @property
    def transformation_arn(self) -> str:
        return f"arn:aws:personalize:::feature-transformation/{self.transformation}"

    @property
    def transformation(self) -> str:
        if self.model == "sims":
            return "sims"
        return "JSON-percentile-filtering" if self.model == "user" else "featurize_metadata"


def arguments(recipe: Recipe) -> Mapping[str, Hyperparameter]:
    """All that `train` takes from strings: hyperparameters and feature transformation parameters."""
    return MappingProxyType({each.name: each for each in (*recipe.hyperparameters, *recipe.feature_parameters)})
