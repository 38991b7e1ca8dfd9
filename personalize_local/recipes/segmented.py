"""Users for items: a model with the histories that it scores."""

from __future__ import annotations

from dataclasses import dataclass

from personalize_local.recipes.histories import Histories
from personalize_local.recipes.item_item import ItemItem


@dataclass(frozen=True, kw_only=True)
class Segments:
    """`histories` are already weighted by recency. segments.py asks it."""

    items: ItemItem
    histories: Histories
