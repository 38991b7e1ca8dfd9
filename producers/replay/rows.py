"""Rows of a file, one at a time, each with the bytes it had there."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from contract.errors import ConfigurationError

JSON_LINES = (".jsonl", ".ndjson", ".json")
JSON_LINES_ENDINGS = (*JSON_LINES, *(f"{ending}.gz" for ending in JSON_LINES))
_LARGEST_VALUE = 10 * 1024 * 1024
_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(frozen=True, slots=True)
class Row:
    """`values` by column, or None for a row that cannot be taken apart. `raw`: one line, no newline."""

    values: Mapping[str, Any] | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """Can be walked once. A JSON lines file's header is its first object's keys."""

    header: Sequence[str]
    rows: Iterator[Row]


def read_rows(path: Path) -> Rows:
    """The file's rows in order, by constant memory. Raises `ConfigurationError` for a file that cannot be read."""
    kind = path.name.removesuffix(".gz").lower()
    _require_file(path)
    if kind.endswith(".csv"):
        return _csv(path)
    if kind.endswith(JSON_LINES):
        return _json_lines(path)
    if kind.endswith(".parquet"):
        return _parquet(path)
    raise ConfigurationError(f"{path}: not a .csv, .jsonl or .parquet file (.gz after the first two is fine)")


def file_digest(path: Path) -> str:
    """SHA-256 of the file as it lies there, in hex. Raises `ConfigurationError` where there is none."""
    _require_file(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such file")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file, ExitStack() as closing:
        lines: Iterable[bytes] = closing.enter_context(gzip.open(file)) if path.suffix == ".gz" else file
        try:
            yield from lines
        except (EOFError, gzip.BadGzipFile) as error:
            raise ConfigurationError(f"{path}: damaged gzip: {error}") from error


class _Remembered:
    """Decoded lines for the CSV reader; remembers those it has taken, as a quoted value may span several."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            # What is not UTF-8 stays recognisable: the contract refuses it, and `raw` has the bytes.
            yield line.decode(errors="surrogateescape")

    def take(self) -> bytes:
        """The bytes since the last call. A newline within becomes a space: on the stream it would end the record."""
        taken, self._taken = self._taken, []
        return b"".join(taken).rstrip(b"\r\n").replace(b"\n", b" ")


def _csv(path: Path) -> Rows:
    csv.field_size_limit(_LARGEST_VALUE)
    lines = _Remembered(_lines(path))
    reader = csv.reader(iter(lines))
    header = [name.removeprefix("\ufeff") for name in next(reader, [])]
    lines.take()
    return Rows(header, _csv_rows(reader, lines, header))


def _csv_rows(reader: Iterator[list[str]], lines: _Remembered, header: Sequence[str]) -> Iterator[Row]:
    for values in reader:
        raw = lines.take()
        if values:
            yield Row(dict(zip(header, values, strict=True)) if len(values) == len(header) else None, raw)


def _json_lines(path: Path) -> Rows:
    lines = (line.rstrip(b"\r\n") for line in _lines(path) if line.strip())
    first = list(islice(lines, 1))
    header = [name for line in first for name in _object(line) or {}]
    return Rows(header, (Row(_object(line), line) for line in chain(first, lines)))


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _parquet(path: Path) -> Rows:
    import pyarrow.parquet as pq  # noqa: PLC0415  # large, and asked for by few

    file = pq.ParquetFile(path)
    return Rows(file.schema_arrow.names, _parquet_rows(file))


def _parquet_rows(file: Any) -> Iterator[Row]:
    """There is no line to keep: `raw` is the row as JSON."""
    for batch in file.iter_batches(batch_size=10_000):
        names = batch.schema.names
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row = dict(zip(names, values, strict=True))
            yield Row(row, _encode(row))
