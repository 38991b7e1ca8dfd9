"""Metadata columns as sparse matrices: rows x tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.data.segments import codes_of
from personalize_local.data.tokens import Column, Tokens
from personalize_local.data.training_model import TrainingSettings
from personalize_local.schemas.model import DatasetSchema, Field
from personalize_local.schemas.named import own_columns

_RANGES: Final = 10
_MOST_CATEGORIES: Final = 1_000  # of one column: the most frequent


class Describer:
    """Gathers the columns of several datasets into one set of tokens."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}
        self._count = 0

    @property
    def tokens(self) -> Tokens:
        return Tokens(columns=self._columns, count=self._count)

    def describe(self, table: pa.Table, schema: DatasetSchema, fields: Sequence[Field]) -> sparse.csr_matrix:
        """Rows of the table x tokens: of these fields, and empty columns for the tokens before them."""
        matrices = [sparse.csr_matrix((len(table), self._count), dtype=np.float32)]
        for field in fields:
            values = table.column(field.name)
            column, matrix = (
                _ranges(values, self._count) if field.is_number else _categories(_as_text(values, field), self._count)
            )
            self._columns[f"{schema.dataset}.{field.name}"] = column
            self._count += matrix.shape[1]
            matrices.append(matrix)
        return sparse.hstack(matrices, format="csr", dtype=np.float32)


def described_fields(schema: DatasetSchema, settings: TrainingSettings, *, numbers: bool = True) -> list[Field]:
    """Those that training learns from: strings that are not categorical say nothing."""
    return [
        field
        for field in own_columns(schema.dataset, schema.fields)
        if settings.uses(schema.dataset, field.name)
        and (field.categorical or field.type == "boolean" or (numbers and field.is_number))
    ]


def _as_text(values: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    return values.cast(pa.string()) if field.type == "boolean" else values


def _ranges(values: pa.ChunkedArray, first: int) -> tuple[Column, sparse.csr_matrix]:
    numbers = pc.fill_null(values.cast(pa.float64()), float("nan")).to_numpy()
    is_known = ~np.isnan(numbers)
    if not is_known.any():
        return Column(), sparse.csr_matrix((len(numbers), 0), dtype=np.float32)
    edges = np.unique(np.quantile(numbers[is_known], np.arange(1, _RANGES) / _RANGES))
    codes = np.where(is_known, np.searchsorted(edges, numbers, side="right"), -1)
    return Column(edges=tuple(edges.tolist()), first=first), one_hot(codes, len(edges) + 1)


def _categories(values: pa.ChunkedArray, first: int) -> tuple[Column, sparse.csr_matrix]:
    codes, texts = codes_of(values)
    parts = [sorted({part for part in text.split("|") if part}) for text in texts.to_pylist()]
    names = _frequent(parts, np.bincount(codes[codes >= 0], minlength=len(parts)))
    place = {name: at for at, name in enumerate(names)}
    known = [[place[name] for name in row if name in place] for row in parts]
    starts = np.cumsum([0, *(len(row) for row in known)])
    columns = np.array([at for row in known for at in row], np.int32)
    of_texts = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(parts), len(names)))
    return Column(numbers={name: first + at for name, at in place.items()}), one_hot(codes, len(parts)) @ of_texts


def _frequent(parts: Sequence[Sequence[str]], counts: NDArray[np.int64]) -> list[str]:
    total: dict[str, int] = {}
    for row, count in zip(parts, counts.tolist(), strict=True):
        for name in row:
            total[name] = total.get(name, 0) + count
    return sorted(sorted(total, key=lambda name: (-total[name], name))[:_MOST_CATEGORIES])


def one_hot(codes: NDArray[np.int64], width: int) -> sparse.csr_matrix:
    """A row of each code, with a one at its place; empty for -1."""
    is_known = codes >= 0
    starts = np.concatenate([[0], np.cumsum(is_known)])
    columns = codes[is_known].astype(np.int32)
    return sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(codes), width))
