"""What was typed after `clickstream send`, and what of it goes together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import ConfigurationError

SDK: Final = "sdk"
COLLECTOR: Final = "collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadAsked:
    """Raises `ConfigurationError` for what does not go together: nothing that is given is left out of account.

    `connections`, `users` and `seed` are None where they were not given.
    """

    stage: str
    to: str
    rate: float
    seconds: float
    batch: int
    connections: int | None = None
    users: int | None = None
    seed: int | None = None
    file: Path | None = None
    url: str = ""
    write_key: str = ""
    spool: Path | None = None
    report: Path | None = None

    def __post_init__(self) -> None:
        if self.to == SDK and (self.url or self.write_key or self.connections is not None):
            raise ConfigurationError("--url, --write-key and --connections are the collector's: send --to collector")
        if self.to == COLLECTOR and self.spool is not None:
            raise ConfigurationError("--spool is the SDK's: a collector has one of its own")
        if self.file is not None and (self.users is not None or self.seed is not None):
            raise ConfigurationError("--users and --seed are the simulation's: a file has its own visitors")
        if self.users is not None and self.users < 1:
            raise ConfigurationError(f"--users {self.users}: at least one visitor")
        if self.report is not None and not self.report.absolute().parent.is_dir():
            raise ConfigurationError(f"--report {self.report}: there is no such folder")
