"""One list for everyone, as serving reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Popular:
    """A number of each item; the larger, the better."""

    value: NDArray[np.float32]

    def ranking(self) -> NDArray[np.float32]:
        return self.value
