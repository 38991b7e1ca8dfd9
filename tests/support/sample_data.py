"""Real data for tests that want it: not part of the project, and not everywhere."""

from __future__ import annotations

import os
from pathlib import Path

SAMPLE_DATA = Path(os.environ.get("SAMPLE_DATA", Path(__file__).parents[3] / "shared" / "data"))
MOVIES = SAMPLE_DATA / "movies"
