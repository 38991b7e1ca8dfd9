"""implicit's models on one of our splits."""

from __future__ import annotations

import warnings

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import TFIDFRecommender
from implicit.utils import ParameterWarning
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from personalize_local.recipes.histories import distinct
from personalize_local.recipes.matrices import as_matrix
from personalize_local.recipes.splits import Split

_FACTORS = 32  # more did no better on this data
_NEIGHBOURS = 200


def als(parts: Split) -> NDArray[np.float32]:
    """Test users are not in training: their factors are solved from what they had."""
    given = as_matrix(parts.given)
    with threadpool_limits(1, "blas"):  # implicit has threads of its own, and warns of others
        model = AlternatingLeastSquares(
            factors=_FACTORS, regularization=0.05, alpha=1.0, iterations=15, random_state=0, num_threads=0
        )
        model.fit(as_matrix(distinct(parts.train)), show_progress=False)
        users = np.vstack([model.recalculate_user(row, given[row]) for row in range(given.shape[0])])
    return np.asarray(users @ model.item_factors.T, np.float32)


def tf_idf(parts: Split) -> NDArray[np.float32]:
    model = TFIDFRecommender(K=_NEIGHBOURS)
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)  # it converts its own product
        model.fit(as_matrix(distinct(parts.train)).astype(np.float64).tocsr(), show_progress=False)
    return np.asarray((as_matrix(parts.given) @ model.similarity.T).toarray(), np.float32)
