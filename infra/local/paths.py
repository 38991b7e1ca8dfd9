"""Where the local endpoint keeps what it needs between commands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class LocalPaths:
    """The folders and files under one local home, by default `.local` in the checkout."""

    home: Path = ROOT / ".local"

    @property
    def endpoint(self) -> Path:
        """Says where the running endpoint answers: {"url", "pid"}."""
        return self.home / "endpoint.json"

    @property
    def state(self) -> Path:
        """What the endpoint remembers when it is stopped."""
        return self.home / "state"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def jars(self) -> Path:
        """Spark's S3 connector, fetched once."""
        return self.home / "jars"
