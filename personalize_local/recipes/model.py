"""What recipes learn from, and what every trained model can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # the server, which only serves, starts without scipy
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
    tokens: sparse.csr_matrix | None = None  # interactions x (column, value) of context and user metadata, ones

    def __len__(self) -> int:
        return len(self.user)

    def where(self, keep: NDArray[np.bool_]) -> Interactions:
        """The rows that `keep` marks, of the same users and items."""
        return replace(
            self,
            user=self.user[keep],
            item=self.item[keep],
            at=self.at[keep],
            weight=self.weight[keep],
            tokens=None if self.tokens is None else self.tokens[np.flatnonzero(keep)],
        )


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


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A number of each item that recommendations shall also raise, and how much."""

    value: NDArray[np.float32]
    strength: float  # of one standard deviation, in units of a logit


class UserModel(Protocol):
    """Ranks items for a user: user-personalization, personalized-ranking and their like."""

    def scores(self, history: History, tokens: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Of every item, as logits: a softmax over them gives the scores that Personalize returns.

        `tokens`: what is known of the user and the moment; numbers as in `Interactions.tokens`.
        """
        ...


class ItemModel(Protocol):
    """Ranks items beside an item: sims, similar-items, semantic-similarity."""

    def related(self, item: int) -> NDArray[np.float32]:
        """Of every item; above 0 where related, below where only popular; the item itself has -inf.

        An item that is not known (-1) has popular items beside it.
        """
        ...


class ListModel(Protocol):
    """Ranks items, the same for everyone: popularity-count, trending-now."""

    def ranking(self) -> NDArray[np.float32]:
        """Of every item; the larger, the better."""
        ...
