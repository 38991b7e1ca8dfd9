"""What is wrong with files: file, row, column and rule. Personalize itself gives no such report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 1_000
_SHOWN: Final = 100


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`row` counts from the header, which is row 1; 0 is the file as a whole. `value` is cut."""

    file: str
    row: int
    column: str
    rule: str
    value: str


@dataclass
class Problems:
    """The first problems; the others are counted."""

    kept: list[Problem] = field(default_factory=list)
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.kept)

    @property
    def room(self) -> int:
        return KEPT - len(self.kept)

    def add(self, file: str, row: int, column: str, rule: str, value: str = "") -> None:
        if self.room:
            self.kept.append(Problem(file=file, row=row, column=column, rule=rule, value=value[:_SHOWN]))
        else:
            self.more += 1
