"""How far a distribution moved: what is kept of one, and the population stability index of another against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from contract.drift import index_of
from glue_jobs.gate.counts import Counts

_DIGITS = 9  # of a share that is kept


def distribution(counts: Counts, empty: int, most: int) -> dict[str, Any]:
    """Shares of the most frequent values, of the rest, and of rows without a value."""
    top = counts.most_frequent(most)
    return _shares(top, counts.total - sum(top.values()), empty)


def _shares(top: Mapping[str, int], rest: int, empty: int) -> dict[str, Any]:
    total = sum(top.values()) + rest + empty or 1
    shares = {value: round(count / total, _DIGITS) for value, count in top.items()}
    return {"shares": shares, "rest": round(rest / total, _DIGITS), "empty": round(empty / total, _DIGITS)}


def stability_index(last: Mapping[str, Any], counts: Counts, empty: int) -> float:
    """Over the values that the last distribution names, the rest and the rows without a value.

    0: nothing moved. A share of nothing counts as a small one, so that the index is finite.
    """
    now_of = counts.of(last["shares"])
    now = _shares(now_of, counts.total - sum(now_of.values()), empty)
    pairs = [(share, now["shares"][value]) for value, share in last["shares"].items()]
    pairs += [(last[other], now[other]) for other in ("rest", "empty")]
    return index_of(pairs)


def parts(counts: Counts) -> Counts:
    """Counts of single categories, where a value holds several between `|`."""
    split = pc.split_pattern(counts.values, "|")
    encoded = pc.list_flatten(split).dictionary_encode()
    found = Counts()
    found.values, found.others = encoded.dictionary, counts.others
    found.counts = np.zeros(len(found.values), np.int64)
    np.add.at(found.counts, encoded.indices.to_numpy(), counts.counts[pc.list_parent_indices(split).to_numpy()])
    return found
