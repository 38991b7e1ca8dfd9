"""Judges the text below a header and hands on what can be parsed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glue_jobs.gate.model import SHOWN_OFFENCES, cut
from glue_jobs.gate.text import (
    BACKSLASH,
    CR,
    QUOTE,
    Body,
    Fault,
    Positions,
    Reader,
    Segment,
    doubled_quotes,
    escaped,
    first_misused,
    positions_of,
)

_SHOWN_BYTES = 320  # 80 characters of UTF-8


def judge_body(data: bytes, start: int) -> Body:
    """The text from `start` on. Costs three searches where it has neither quotes nor backslashes nor returns."""
    quoted, returns = data.find(b'"', start) >= 0, data.find(b"\r", start) >= 0
    body = Body(memoryview(data)[start:], quoted=quoted)
    if not quoted and not returns and data.find(b"\\", start) < 0:
        return body
    reader = Reader(body.data)
    if _is_doubled(reader):
        body.doubled = True
        reader.quotes = reader.every_quote
        _note_doubled(body, reader)
    else:
        _note_misuse(body, reader)
    return body


def _is_doubled(reader: Reader) -> bool:
    """Whether the quotes make sense only as RFC 4180 has them: a quote in a value is written twice."""
    pairs = doubled_quotes(reader.every_quote)
    if not len(pairs) or first_misused(reader.data, reader.quotes, 0) is None:
        return False
    outer = np.setdiff1d(reader.every_quote, np.concatenate([pairs, pairs - 1]), assume_unique=True)
    return first_misused(reader.data, outer, 0) is None


def _note_doubled(body: Body, reader: Reader) -> None:
    whole = Segment(0, len(reader.data), reader.quotes, 2)
    _note(body, reader, whole, "escapes", doubled_quotes(reader.quotes) - 1)
    _note_returns(body, reader, [whole])


def _note_misuse(body: Body, reader: Reader) -> None:
    bad: list[tuple[int, int, int]] = []
    parts = list(reader.segments(bad))
    for part, (quote, _, resume) in zip(parts, bad, strict=False):
        row, column = reader.place(part, quote)
        body.taken_out.append(row)
        _add(body, Fault("row_shape", row, column, _shown(reader.data[quote:resume])))
    body.counts["row_shape"] = len(bad)
    body.given_up = len(parts) == len(bad) > 0
    outside = [_note_backslashes(body, reader, part) for part in parts]
    _note_returns(body, reader, parts)
    if bad or (body.quoted and any(len(found) for found in outside)):
        body.data = _mended(reader.data, parts, outside if body.quoted else [found[:0] for found in outside])


def _note_backslashes(body: Body, reader: Reader, part: Segment) -> Positions:
    """Notes backslashes that escape nothing; returns those outside quotes."""
    inside = part.within(reader.backslashes)
    if not len(inside):
        return inside
    is_outside = part.outside(inside)
    view = np.frombuffer(reader.data, np.uint8)
    after = escaped(inside[~is_outside])
    useless = after[view[np.minimum(after, len(view) - 1)] != QUOTE] - 1
    _note(body, reader, part, "escapes", np.sort(np.concatenate([inside[is_outside], useless])))
    return inside[is_outside]


def _note_returns(body: Body, reader: Reader, parts: Sequence[Segment]) -> None:
    returns = positions_of(reader.data, CR)
    for part in parts:
        inside = part.within(returns)
        _note(body, reader, part, "line_ends", inside[part.outside(inside)], "a carriage return before the line end")


def _note(body: Body, reader: Reader, part: Segment, rule: str, found: Positions, text: str = "") -> None:
    body.counts[rule] = body.counts.get(rule, 0) + len(found)
    for position in found[:SHOWN_OFFENCES]:
        row, column = reader.place(part, int(position))
        _add(body, Fault(rule, row, column, text or _shown(reader.data[_value_start(reader, position) :])))


def _value_start(reader: Reader, position: int) -> int:
    """A little before the position, so that what is shown can be recognised."""
    before = bytes(reader.data[max(0, position - 20) : position])
    return int(position) - len(before) + max(before.rfind(b","), before.rfind(b"\n")) + 1


def _add(body: Body, fault: Fault) -> None:
    if sum(f.rule == fault.rule for f in body.faults) < SHOWN_OFFENCES:
        body.faults.append(fault)


def _shown(data: bytes | memoryview) -> str:
    line = bytes(data[:_SHOWN_BYTES]).split(b"\n", 1)[0]
    return cut(line.decode("utf-8", "replace").rstrip("\r"))


def _mended(data: bytes | memoryview, parts: Sequence[Segment], outside: Sequence[Positions]) -> bytes:
    """Without the bad rows, and with backslashes outside quotes doubled: they mean themselves."""
    view = np.frombuffer(data, np.uint8)
    pieces = []
    for part, found in zip(parts, outside, strict=True):
        piece = view[part.start : part.end]
        pieces.append(np.insert(piece, found - part.start, BACKSLASH) if len(found) else piece)
    return bytes(np.concatenate(pieces).tobytes())
