"""How much a spool may hold, and what its durability is worth."""

from __future__ import annotations

from dataclasses import dataclass

from contract.errors import ConfigurationError

MIB = 1024 * 1024
_SHORTEST, _LONGEST = 0.001, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolSettings:
    """`fsync` "batch": what `append` returned survives a crash of the machine. Seconds: what it returned survives
    the process at once and the machine after so many seconds.

    On disk lie at most `max_bytes` and one segment more, for each producer.
    Raises `ConfigurationError` for what cannot be meant.
    """

    max_bytes: int = 1024 * MIB
    segment_bytes: int = 16 * MIB
    fsync: str | float = "batch"

    def __post_init__(self) -> None:
        if not 64 * 1024 <= self.segment_bytes <= 1024 * MIB:
            raise ConfigurationError(f"segment_bytes is {self.segment_bytes}; choose from 64 KiB to 1 GiB")
        if not self.segment_bytes <= self.max_bytes <= 2**50:
            raise ConfigurationError(f"max_bytes is {self.max_bytes}; choose at least segment_bytes")
        if self.fsync != "batch" and not (isinstance(self.fsync, int | float) and _SHORTEST <= self.fsync <= _LONGEST):
            raise ConfigurationError(
                f"fsync is {self.fsync!r}; choose 'batch' or seconds from {_SHORTEST} to {_LONGEST}"
            )

    @property
    def sync_seconds(self) -> float | None:
        """None: before every `append` returns."""
        return None if isinstance(self.fsync, str) else self.fsync
