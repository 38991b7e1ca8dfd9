"""The table of what EventBridge's user guide says of patterns, a case a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).parents[1] / "cases" / "event_patterns.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedCase:
    """`pattern` and `detail` are JSON texts: how a number is written counts."""

    says: str
    pattern: str
    detail: str
    matches: bool

    @property
    def event(self) -> str:
        """A whole event with this detail."""
        around = '"id":"1","account":"111122223333","source":"shop","time":"2026-03-01T12:31:07Z","region":"eu-west-1"'
        return f'{{{around},"resources":[],"detail-type":"Some","detail":{self.detail}}}'

    def __str__(self) -> str:
        return f"{self.says}: {self.detail}"


def documented_cases() -> Iterator[DocumentedCase]:
    for group in yaml.safe_load(TABLE.read_text()):
        for kind, matches in (("hits", True), ("misses", False)):
            for detail in group[kind]:
                yield DocumentedCase(says=group["says"], pattern=group["pattern"], detail=detail, matches=matches)
