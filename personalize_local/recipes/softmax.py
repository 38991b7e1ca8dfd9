"""Logits to scores that sum to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float32], items: NDArray[np.int32] | None = None) -> NDArray[np.float64]:
    """Over the whole catalogue, or over these items alone, in their order."""
    chosen = (logits if items is None else logits[items]).astype(np.float64)
    if not len(chosen):
        return chosen
    powers = np.exp(chosen - chosen.max())
    return np.asarray(powers / powers.sum())
