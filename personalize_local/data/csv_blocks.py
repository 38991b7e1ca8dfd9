"""Whole rows at the start of a piece of CSV, made ready for Arrow where quotes and backslashes are used well.

Personalize's form: a quote opens at a value's start and closes at its end; within, a backslash escapes a quote or a
backslash. Any other backslash means itself, as Spark's reader has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

LONGEST_ROW: Final = 8 << 20  # a row that does not end within so many bytes has a quote that never closes
_QUOTE, _BACKSLASH, _COMMA, _LF, _CR = (ord(c) for c in '"\\,\n\r')


@dataclass(frozen=True, kw_only=True)
class Block:
    """`data` is the first `end` bytes of the piece, with backslashes that mean themselves doubled."""

    data: bytes
    end: int
    lines: int
    quoted: bool


def well_formed(piece: bytes, *, final: bool) -> Block | None:
    """The whole rows of the piece, all of them if it is the file's end; None where its form is not as it should be."""
    block = _quoted(piece, final=final) if b'"' in piece else _bare(piece, final=final)
    return None if block is None or len(piece) - block.end > LONGEST_ROW else block


def _bare(piece: bytes, *, final: bool) -> Block | None:
    end = len(piece) if final else piece.rfind(b"\n") + 1
    data = piece[:end] if end < len(piece) else piece
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    lines = data.count(b"\n") + (end > 0 and not data.endswith(b"\n"))
    return Block(data=data, end=end, lines=lines, quoted=False)


def _quoted(piece: bytes, *, final: bool) -> Block | None:
    view = np.frombuffer(piece, np.uint8)
    backslashes = np.flatnonzero(view == _BACKSLASH)
    escapers = _escapers(backslashes)
    every = np.flatnonzero(view == _QUOTE)
    quotes = np.setdiff1d(every, escapers + 1, assume_unique=True)
    ends = np.flatnonzero(view == _LF)
    ends = ends[_outside(ends, quotes)]
    end = len(piece) if final else int(ends[-1]) + 1 if len(ends) else 0
    quotes, every, backslashes, escapers = (found[found < end] for found in (quotes, every, backslashes, escapers))
    hidden = np.setdiff1d(every, quotes, assume_unique=True)
    if not _are_pairs(view[:end], quotes) or _outside(hidden, quotes).any() or _lone_return(view[:end], quotes):
        return None
    literal = _literal(view, backslashes, escapers, quotes)
    data = np.insert(view[:end], literal, _BACKSLASH).tobytes() if len(literal) else piece[:end]
    return Block(data=data, end=end, lines=len(ends) + (end > 0 and view[end - 1] != _LF), quoted=True)


def _escapers(backslashes: Positions) -> Positions:
    """Every other backslash of a run, from its first."""
    if not len(backslashes):
        return backslashes
    starts = np.flatnonzero(np.diff(backslashes, prepend=-2) != 1)
    place = np.arange(len(backslashes))
    in_run = place - np.repeat(starts, np.diff(starts, append=len(backslashes)))
    found: Positions = backslashes[in_run % 2 == 0]
    return found


def _outside(positions: Positions, quotes: Positions) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = np.searchsorted(quotes, positions) % 2 == 0
    return outside


def _are_pairs(view: NDArray[np.uint8], quotes: Positions) -> bool:
    if len(quotes) % 2:
        return False
    opens, closes = quotes[0::2], quotes[1::2]
    before = np.where(opens > 0, view[np.maximum(opens - 1, 0)], _LF)
    after = np.where(closes + 1 < len(view), view[np.minimum(closes + 1, len(view) - 1)], _LF)
    return bool(np.isin(before, (_COMMA, _LF)).all() and np.isin(after, (_COMMA, _LF, _CR)).all())


def _lone_return(view: NDArray[np.uint8], quotes: Positions) -> bool:
    """Whether a carriage return outside quotes is no part of a line end."""
    returns = np.flatnonzero(view == _CR)
    returns = returns[_outside(returns, quotes)]
    after = np.minimum(returns + 1, len(view) - 1)
    return bool((view[after] != _LF).any())


def _literal(view: NDArray[np.uint8], backslashes: Positions, escapers: Positions, quotes: Positions) -> Positions:
    """Backslashes that escape nothing."""
    outside = backslashes[_outside(backslashes, quotes)]
    inside = escapers[~_outside(escapers, quotes)]
    useless = inside[~np.isin(view[inside + 1], (_QUOTE, _BACKSLASH))]
    return np.union1d(outside, useless)
