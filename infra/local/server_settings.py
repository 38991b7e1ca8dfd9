"""What the local endpoint's process is told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """How one endpoint runs."""

    port: int
    state: Path
    logs: Path
    jars: Path
    warm_spark: bool
    spark_memory: str
    timed_delivery: bool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
