"""Where things lie: raw objects by arrival, the lake's files by day or month and bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contract.errors import ConfigurationError
from contract.events import FUTURE_TOLERANCE_HOURS

JOB = "events"
STAGING = f"_staging/{JOB}/"
LEDGER = f"_ledger/{JOB}/"

PARTITIONS = ("day", "month")  # named by their first day
ROWS_PER_FILE = 500_000

_ARRIVAL = re.compile(r"dt=(\d{4}-\d{2}-\d{2})/hour=(\d{2})/").search
_DATA_FILE = re.compile(r"events/dt=([0-9-]+)/part-(\d{5})\.parquet").fullmatch


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a raw object arrived, by the hour that Firehose wrote into its key: the same at every reading."""

    hour: datetime

    @property
    def dt(self) -> str:
        return self.hour.date().isoformat()

    @property
    def latest(self) -> datetime:
        """The latest plausible time of an event in the object."""
        return self.hour + timedelta(hours=1 + FUTURE_TOLERANCE_HOURS)


def arrival(key: str) -> Arrival:
    """Of a raw object. Raises ConfigurationError where the key does not say."""
    found = _ARRIVAL(key)
    if found is None:
        raise ConfigurationError(
            f"raw object {key!r} does not lie under dt=YYYY-MM-DD/hour=HH/, as Firehose's prefix has it; "
            "move it there, or out of the raw prefix"
        )
    return Arrival(datetime.fromisoformat(f"{found[1]}T{found[2]}:00:00").replace(tzinfo=UTC))


def data_file(dt: str, bucket: int) -> str:
    return f"events/dt={dt}/part-{bucket:05d}.parquet"


def data_file_dt(key: str) -> str | None:
    """The partition of a data file; None where the key is not one of ours."""
    found = _DATA_FILE(key)
    return found[1] if found else None


def buckets(rows: int) -> int:
    """Files of a partition with so many rows: a power of two, so that a file splits into two and no row moves
    between other files."""
    return 1 << max(0, (-(-rows // ROWS_PER_FILE) - 1).bit_length())
