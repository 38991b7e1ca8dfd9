"""Which tests stay together on several workers: those that share a Spark session, an endpoint, or a server."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadScopeScheduling

SPARK: Final = "spark"
_ROOT: Final = Path(__file__).parents[2]


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """A group is one worker's, whole."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    return _group(nodeid.partition("::")[0])


@cache
def _group(path: str) -> str:
    """All with a Spark session are one group; a folder of integration or unit tests is one, elsewhere a file."""
    if "spark: SparkSession" in (_ROOT / path).read_text():
        return SPARK
    tests, kind, *rest = path.split("/")
    return "/".join((tests, kind, rest[0]))
