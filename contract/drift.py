"""How far a distribution moved: the population stability index of two, and distributions of many parts as one.

A distribution is what a manifest's profile holds: {"shares": {value: share}, "rest": share of all other values,
"empty": share of rows without one}.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FLOOR = 1e-4
"""The least share a bin counts with, so that no logarithm is infinite."""

Distribution = Mapping[str, Any]


def index_of(pairs: Iterable[tuple[float, float]]) -> float:
    """Of shares before and after, bin by bin. 0: nothing moved; 0.1 is a small shift by custom, 0.25 a large one."""
    return sum(_moved(max(before, FLOOR), max(after, FLOOR)) for before, after in pairs)


def stability_index(before: Distribution, after: Distribution) -> float:
    """At least this far; exactly so where both name the same values.

    A value that only one of them names counts, in the other, with as much as its rest allows: no more than the
    least share that is named there, and all such values together no more than the rest.
    """
    values = list(dict.fromkeys([*before["shares"], *after["shares"]]))
    old, new = _shares_of(before, values), _shares_of(after, values)
    pairs = list(zip(old, new, strict=True))
    pairs += [(_left(old, before), _left(new, after)), (before["empty"], after["empty"])]
    return index_of(pairs)


def mixture(parts: Sequence[tuple[Distribution, int]]) -> dict[str, Any]:
    """One distribution of parts, each with its number of rows; what a part does not name is in its rest."""
    total = sum(rows for _, rows in parts) or 1
    shares: dict[str, float] = {}
    for part, rows in parts:
        for value, share in part["shares"].items():
            shares[value] = shares.get(value, 0.0) + share * rows / total
    others = {name: sum(part[name] * rows for part, rows in parts) / total for name in ("rest", "empty")}
    return {"shares": shares, **others}


def _shares_of(of: Distribution, values: Sequence[str]) -> list[float]:
    shares: Mapping[str, float] = of["shares"]
    unnamed = sum(value not in shares for value in values) or 1
    allowed = min(min(shares.values(), default=1.0), of["rest"] / unnamed)
    return [shares.get(value, allowed) for value in values]


def _left(shares: Sequence[float], of: Distribution) -> float:
    return max(0.0, 1.0 - sum(shares) - float(of["empty"]))


def _moved(before: float, after: float) -> float:
    return (after - before) * math.log(after / before)
