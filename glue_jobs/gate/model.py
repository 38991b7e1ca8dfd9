"""What the gate is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

SHOWN_CHARACTERS = 80
SHOWN_OFFENCES = 3


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Offence:
    """One bad thing. `row` as a spreadsheet counts: the header is row 1; None for what concerns no row."""

    file: str
    row: int | None
    column: str
    value: str  # what stands there, or what is wrong; cut to 80 characters

    def __str__(self) -> str:
        row = f" row {self.row:,}" if self.row else ""
        column = f" column {self.column}" if self.column else ""
        return f"{self.file}{row}{column}: {self.value}"


def cut(value: str) -> str:
    return value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A rule's answer: a measure within bounds. `passed` is None where the rule does not apply; `note` says why."""

    dataset: str
    rule: str
    severity: Severity
    passed: bool | None
    measured: float | None
    minimum: float | None
    maximum: float | None
    offences: tuple[Offence, ...]  # the first three
    why: str
    way_out: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    dataset: str  # as Personalize spells it
    results: tuple[Result, ...]

    @property
    def failures(self) -> tuple[Result, ...]:
        """What did not pass, warnings included."""
        return tuple(result for result in self.results if result.passed is False)

    @property
    def passed(self) -> bool:
        return all(failure.severity is not Severity.STOP for failure in self.failures)

    def as_data(self) -> tuple[dict[str, Any], ...]:
        """The results as JSON takes them."""
        return tuple(
            asdict(result) | {"severity": str(result.severity), "offences": [asdict(o) for o in result.offences]}
            for result in self.results
        )


@dataclass(frozen=True, slots=True)
class GateFile:
    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    name: str
    rows: int  # without the header
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the files alone do not say."""

    mode: str  # FULL or INCREMENTAL
    now: datetime
    strays: tuple[str, ...] = ()  # other objects under the prefix
    known_items: pa.Array | None = None  # ids of the catalog
    known_users: pa.Array | None = None
    last: Mapping[str, Any] | None = None  # the profile of the last good publication
    null_shares: Mapping[str, float] = field(default_factory=dict)  # column -> the most that may be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`profile` is what the next run compares with; `ids` are those of Items or Users, each once."""

    verdict: Verdict
    profile: dict[str, Any]
    files: tuple[FileFacts, ...]
    sample: pa.Table | None  # the first rows of the first file, as text
    ids: pa.Array | None = None
