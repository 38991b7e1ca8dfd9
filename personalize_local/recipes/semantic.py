"""What items say of themselves: TF-IDF over their texts and categories."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.recipes.item_item import Neighbours
from personalize_local.recipes.matrices import nearest, of_unit_length
from personalize_local.recipes.model import ItemFacts

_WORD = re.compile(r"\w{2,}")
_MAX_SHARE = 0.5  # a word of more than half the texts tells nothing,
_FEW = 2  # unless the texts are very few


def similar_content(facts: ItemFacts) -> Neighbours:
    """Cosine of the items' words and categories, each weighted by its rarity; an item without any has no neighbour."""
    vectors = of_unit_length(content(facts))
    return nearest(vectors, vectors.T.tocsr())


def content(facts: ItemFacts) -> sparse.csr_matrix:
    """Items x words and categories; texts and categories count the same where an item has both."""
    parts = []
    if facts.texts is not None:
        parts.append(of_unit_length(_weighted(_words(facts.texts), _MAX_SHARE)))
    if facts.features is not None:
        parts.append(of_unit_length(_weighted(facts.features.astype(np.float32), 1.0)))
    return sparse.hstack(parts, format="csr") if parts else sparse.csr_matrix((len(facts.created), 1), dtype=np.float32)


def _words(texts: Sequence[str]) -> sparse.csr_matrix:
    """Texts x words; a word that comes again counts ever less."""
    numbers: dict[str, int] = {}
    column: list[int] = []
    start = [0]
    for text in texts:
        column += [numbers.setdefault(word, len(numbers)) for word in _WORD.findall(text.lower())]
        start.append(len(column))
    counts = sparse.csr_matrix(
        (np.ones(len(column), np.float32), column, start), shape=(len(texts), max(1, len(numbers)))
    )
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    return counts


def _weighted(counts: sparse.csr_matrix, max_share: float) -> sparse.csr_matrix:
    found = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: NDArray[np.float64] = np.log((1 + counts.shape[0]) / (1 + found)) + 1
    rarity[(found > max_share * counts.shape[0]) & (found > _FEW)] = 0
    weighted = (counts @ sparse.diags(rarity.astype(np.float32))).tocsr()
    weighted.eliminate_zeros()
    return weighted
