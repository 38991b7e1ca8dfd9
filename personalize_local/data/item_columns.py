"""The Items dataset as recipes want it: a row an item, in the items' order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.data.describing import Describer, described_fields
from personalize_local.data.segments import merged
from personalize_local.data.tokens import Tokens
from personalize_local.data.training_model import CannotTrain, Dataset, TrainingSettings
from personalize_local.schemas.model import DatasetSchema

Numbers = NDArray[np.int64]


def in_order_of(table: pa.Table, key: str, ids: pa.Array) -> pa.Table:
    """A row an id; nulls where the table does not know it."""
    return table.take(pc.index_in(ids, table.column(key).combine_chunks()))


class ItemColumns:
    """The Items dataset, and what it says of items in a given order."""

    def __init__(self, dataset: Dataset | None, settings: TrainingSettings) -> None:
        self._settings = settings
        self._schema = dataset.schema if dataset else DatasetSchema(dataset="Items", fields=())
        self._table = (
            merged(dataset.parts, dataset.schema) if dataset else pa.table({"ITEM_ID": pa.array([], pa.string())})
        )
        if settings.needs_texts and (
            self._textual is None or not self._table.column(self._textual).is_valid().to_numpy().any()
        ):
            raise CannotTrain("Create failed. The Items dataset has no textual column with values.")

    @property
    def ids(self) -> pa.Array:
        return self._table.column("ITEM_ID").combine_chunks()

    @property
    def _textual(self) -> str | None:
        names = [f.name for f in self._schema.fields if f.textual and self._settings.uses("Items", f.name)]
        return names[0] if names else None

    def features(self, ids: pa.Array) -> tuple[sparse.csr_matrix | None, Tokens]:
        fields = described_fields(self._schema, self._settings, numbers=False)
        describer = Describer()
        aligned = in_order_of(self._table, "ITEM_ID", ids)
        return (describer.describe(aligned, self._schema, fields) if fields else None), describer.tokens

    def texts(self, ids: pa.Array) -> tuple[str, ...] | None:
        if self._textual is None:
            return None
        return tuple(pc.fill_null(in_order_of(self._table, "ITEM_ID", ids).column(self._textual), "").to_pylist())

    def created(self, ids: pa.Array, otherwise: Numbers) -> Numbers:
        if "CREATION_TIMESTAMP" not in self._schema.by_name:
            return otherwise
        said = in_order_of(self._table, "ITEM_ID", ids).column("CREATION_TIMESTAMP")
        created: Numbers = pc.coalesce(said, pa.array(otherwise)).to_numpy()
        return created

    def numbers(self, ids: pa.Array) -> dict[str, NDArray[np.float64]]:
        aligned = in_order_of(self._table, "ITEM_ID", ids)
        return {
            f.name: pc.fill_null(aligned.column(f.name).cast(pa.float64()), float("nan")).to_numpy()
            for f in self._schema.fields
            if f.is_number and f.name != "CREATION_TIMESTAMP" and self._settings.uses("Items", f.name)
        }
