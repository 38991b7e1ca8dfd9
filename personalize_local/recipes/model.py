"""What recipes learn from, and what every trained model can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """One row an interaction, sorted by user, then time; users and items are numbers from 0."""

    user_count: int
    item_count: int
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    at: NDArray[np.int64]  # Unix seconds
    weight: NDArray[np.float32]  # from eventsConfig; 1 where nothing is said

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, kw_only=True)
class ItemFacts:
    """What the Items dataset says, row i of item i."""

    created: NDArray[np.int64]  # Unix seconds
    features: sparse.csr_matrix | None = None  # items x categorical values, ones
    texts: tuple[str, ...] | None = None  # the textual column; "" where it is null


@dataclass(frozen=True, kw_only=True)
class History:
    """What one user did, oldest first, of the items that the model knows."""

    item: NDArray[np.int32]
    weight: NDArray[np.float32]


class UserModel(Protocol):
    """Ranks items for a user: user-personalization, personalized-ranking and their like."""

    def scores(self, history: History) -> NDArray[np.float32]:
        """Of every item; the larger, the better. Not yet a softmax."""
        ...


class ItemModel(Protocol):
    """Ranks items beside an item: sims, similar-items, semantic-similarity."""

    def related(self, item: int) -> NDArray[np.float32]:
        """Of every item; the item itself has -inf."""
        ...


class ListModel(Protocol):
    """Ranks items, the same for everyone: popularity-count, trending-now."""

    def ranking(self) -> NDArray[np.float32]:
        """Of every item; the larger, the better."""
        ...
