"""The event that wakes the function: another version answers now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """Two ARNs."""

    campaign: str
    version: str


def promotion_of(event: Mapping[str, Any]) -> Promotion:
    """Of "Personalize Promotion Decided", which the reconciler puts on the bus once the campaign has the version."""
    detail = event["detail"]
    return Promotion(campaign=detail["Campaign"], version=detail["SolutionVersion"])
