"""Which tests stay together on several workers: those that share an endpoint, a server or what a file made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadScopeScheduling

_ROOT: Final = Path(__file__).parents[2]


class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """A group is one worker's, whole."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """A folder of integration or unit tests is one group; elsewhere, and where Spark is needed, a file is."""
    path = nodeid.partition("::")[0]
    return path if needs_spark(nodeid) else "/".join(path.split("/")[:3])


def needs_spark(nodeid: str) -> bool:
    """Whether its file does: a worker has one session, made when the first test asks for it."""
    return _needs_spark(nodeid.partition("::")[0])


@cache
def _needs_spark(path: str) -> bool:
    return "spark: SparkSession" in (_ROOT / path).read_text()
