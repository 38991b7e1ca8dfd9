"""How good lists of items were: Personalize's definitions, user by user.

Source: Amazon Personalize developer guide, "Evaluating a solution version with metrics".
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

LENGTH = 25
_PRECISION_AT = 10
_CONFIDENT = 1.6449  # deviations below the mean that 95 % lie above


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Means over users; `coverage`: share of the catalog that is in any list."""

    ndcg_at_25: float
    precision_at_10: float
    mrr_at_25: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """NDCG@25 above another's `of`: the mean over users, and what it is over with 95 % confidence."""

    of: float
    mean: float
    low: float


def ndcg(items: Sequence[str], relevant: Collection[str]) -> float:
    """Of the first 25: gains discounted by 1 / log2(1 + position), against the best order there is."""
    found = sum(_discount(at) for at, item in enumerate(items[:LENGTH]) if item in relevant)
    return found / sum(_discount(at) for at in range(min(len(relevant), LENGTH)))


def precision(items: Sequence[str], relevant: Collection[str]) -> float:
    """Hits among the first 10, of 10."""
    return sum(item in relevant for item in items[:_PRECISION_AT]) / _PRECISION_AT


def reciprocal_rank(items: Sequence[str], relevant: Collection[str]) -> float:
    """Of the first hit among 25; 0 where there is none."""
    return next((1 / at for at, item in enumerate(items[:LENGTH], 1) if item in relevant), 0.0)


def scores(lists: Mapping[str, Sequence[str]], relevant: Mapping[str, Collection[str]], *, catalog: int) -> Scores:
    """Over the users of `relevant`; who has no list counts as one whom nothing fits. `catalog`: how many items."""
    users = len(relevant)
    pairs = [(lists.get(user, ()), wanted) for user, wanted in relevant.items()]
    shown = {item for items, _ in pairs for item in items[:LENGTH]}
    return Scores(
        ndcg_at_25=_rounded(sum(ndcg(*pair) for pair in pairs) / users),
        precision_at_10=_rounded(sum(precision(*pair) for pair in pairs) / users),
        mrr_at_25=_rounded(sum(reciprocal_rank(*pair) for pair in pairs) / users),
        coverage=_rounded(min(1.0, len(shown) / catalog)) if catalog else 0.0,
    )


def lead(
    ours: Mapping[str, Sequence[str]], theirs: Mapping[str, Sequence[str]], relevant: Mapping[str, Collection[str]]
) -> Lead:
    """A paired test: each user is held against the same user under the other version. Normal approximation."""
    gains = [(ndcg(ours.get(u, ()), wanted), ndcg(theirs.get(u, ()), wanted)) for u, wanted in relevant.items()]
    differences = [own - other for own, other in gains]
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((each - mean) ** 2 for each in differences) / max(1, count - 1)
    low = mean - _CONFIDENT * math.sqrt(variance / count)
    return Lead(of=_rounded(sum(other for _, other in gains) / count), mean=_rounded(mean), low=_rounded(low))


def _discount(at: int) -> float:
    return 1 / math.log2(at + 2)


def _rounded(value: float) -> float:
    return round(value, 6)
