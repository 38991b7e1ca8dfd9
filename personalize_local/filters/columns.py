"""Columns that filters ask: values of rows 0 to n-1, changed in place, compared all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_SLACK: Final = 1_024


class Column(Protocol):
    """What an index keeps of each filterable column."""

    def fill(self, values: Sequence[Any]) -> None:
        """Set rows 0 to n-1, in a column that is new."""
        ...

    def put(self, row: int, value: Any) -> None:
        """Set one row; None is null."""
        ...

    def holding(self, values: tuple[Any, ...], count: int) -> Mask:
        """Which of the first rows hold any of these values; null holds none."""
        ...


class Numbers:
    """A numeric column; NaN is null, and compares as false to everything."""

    def __init__(self) -> None:
        self._numbers = np.empty(0)

    def fill(self, values: Sequence[Any]) -> None:
        # None becomes NaN with this dtype, without a loop in Python.
        self._numbers = np.array(values, dtype=np.float64)

    def put(self, row: int, value: Any) -> None:
        self._numbers = _grown(self._numbers, row + 1, np.nan)
        self._numbers[row] = np.nan if value is None else value

    def first(self, count: int) -> NDArray[np.float64]:
        self._numbers = _grown(self._numbers, count, np.nan)
        return self._numbers[:count]

    def holding(self, values: tuple[Any, ...], count: int) -> Mask:
        return np.isin(self.first(count), values)


class Texts:
    """A column of whole strings. Rows hold the code of their string, so that a put changes one number."""

    def __init__(self) -> None:
        self._clear()

    def fill(self, values: Sequence[Any]) -> None:
        for value in dict.fromkeys(values):
            self._code(value)
        self._codes = np.fromiter(map(self._code_of.__getitem__, values), np.int32, len(values))

    def put(self, row: int, value: str | None) -> None:
        self._codes = _grown(self._codes, row + 1, 0)
        self._codes[row] = self._code(value)
        if len(self._code_of) > 2 * len(self._codes) + _SLACK:
            self._forget_replaced()

    def holding(self, values: tuple[Any, ...], count: int) -> Mask:
        wanted = np.zeros(len(self._code_of), dtype=np.bool_)
        for value in values:
            wanted[self._codes_holding(value)] = True
        self._codes = _grown(self._codes, count, 0)
        mask: Mask = wanted[self._codes[:count]]
        return mask

    def _codes_holding(self, value: str) -> Sequence[int]:
        return [self._code_of[value]] if value in self._code_of else []

    def _code(self, value: str | None) -> int:
        return self._code_of.setdefault(value, len(self._code_of))

    def _clear(self) -> None:
        self._code_of: dict[str | None, int] = {None: 0}
        self._codes = np.empty(0, dtype=np.int32)

    def _forget_replaced(self) -> None:
        strings, codes = list(self._code_of), self._codes
        self._clear()
        self.fill([strings[code] for code in codes])


class Tokens(Texts):
    """A categorical column: `Action|Comedy` holds two values, and a row holds each of its own."""

    def _codes_holding(self, value: str) -> Sequence[int]:
        return self._codes_with.get(value, [])

    def _code(self, value: str | None) -> int:
        known = len(self._code_of)
        code = super()._code(value)
        if code == known and value is not None:
            for token in set(value.split("|")):
                self._codes_with.setdefault(token, []).append(code)
        return code

    def _clear(self) -> None:
        super()._clear()
        self._codes_with: dict[str, list[int]] = {}


def _grown(array: NDArray[Any], size: int, null: float) -> NDArray[Any]:
    if size <= len(array):
        return array
    larger = np.full(max(size, 2 * len(array)), null, dtype=array.dtype)
    larger[: len(array)] = array
    return larger
