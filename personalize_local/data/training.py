"""From a dataset group's rows to the arrays that recipes learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from personalize_local.data.describing import Describer, described_fields
from personalize_local.data.item_columns import ItemColumns, in_order_of
from personalize_local.data.segments import codes_of, distinct, merged
from personalize_local.data.selecting import check_enough, lowered_types, usable, weights, with_users
from personalize_local.data.tokens import Tokens
from personalize_local.data.training_model import Dataset, Sources, TrainingData, TrainingSettings
from personalize_local.limits import TRAINING_EVENTS
from personalize_local.recipes.model import Interactions, ItemFacts
from personalize_local.schemas.model import DatasetSchema, Field

_NO_INTERACTIONS: Final = DatasetSchema(
    dataset="Interactions",
    fields=(
        Field(name="USER_ID", type="string"),
        Field(name="ITEM_ID", type="string"),
        Field(name="TIMESTAMP", type="long"),
    ),
)
_AT_ONCE: Final = 1_000_000
Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Numbered interactions; `place` is where a row stands in the dataset's table."""

    place: Numbers
    user: Numbers
    item: Numbers
    at: Numbers
    weight: NDArray[np.float32]
    event_type: Numbers

    def take(self, places: Numbers) -> _Rows:
        return _Rows(
            place=self.place[places],
            user=self.user[places],
            item=self.item[places],
            at=self.at[places],
            weight=self.weight[places],
            event_type=self.event_type[places],
        )


class _Selected(NamedTuple):
    """`table` has all interactions, `rows` those that are used."""

    table: pa.Table
    rows: _Rows
    users: pa.Array
    items: pa.Array
    event_types: tuple[str, ...]


def training_data(sources: Sources, settings: TrainingSettings) -> TrainingData:
    """Bulk and put rows, filtered, weighted and numbered; of each user the latest. Raises `CannotTrain`."""
    dataset = sources.interactions or Dataset(schema=_NO_INTERACTIONS, parts=())
    items = ItemColumns(sources.items, settings)
    table, every, users, item_ids, event_types = _selected(dataset, items.ids, settings)
    rows = every.take(_latest(every.user, every.at))
    tokens, matrix = _moments(table, rows, dataset, users, sources.users, settings)
    features, item_tokens = items.features(item_ids)
    created = items.created(item_ids, _oldest(every, len(item_ids)))
    return TrainingData(
        interactions=_interactions(rows, len(users), len(item_ids), matrix),
        users=users.to_pylist(),
        items=item_ids.to_pylist(),
        facts=ItemFacts(created=created, features=features, texts=items.texts(item_ids)),
        event_types=event_types,
        event_type=rows.event_type.astype(np.int16),
        tokens=tokens,
        item_tokens=item_tokens,
        item_numbers=items.numbers(item_ids),
        impressed=_impressed(table, rows, item_ids),
    )


def _selected(dataset: Dataset, more_items: pa.Array, settings: TrainingSettings) -> _Selected:
    table = _of_users(dataset, settings)
    types, names = lowered_types(table, dataset.schema)
    weight = np.where(usable(table, dataset.schema), weights(table, types, names, settings), np.float32("nan"))
    place = np.flatnonzero(~np.isnan(weight))
    user, users, known = _numbered(table.column("USER_ID"), place)
    item, items, _ = _numbered(table.column("ITEM_ID"), place, more_items)
    if settings.needs_interactions:
        check_enough(user, known, settings)
    at = table.column("TIMESTAMP").to_numpy()[place]
    rows = _Rows(place=place, user=user, item=item, at=at, weight=weight[place], event_type=types[place])
    return _Selected(table, rows, users, items, names)


def _of_users(dataset: Dataset, settings: TrainingSettings) -> pa.Table:
    rows = merged(dataset.parts, dataset.schema)
    named = with_users(rows, merges_sessions=settings.merges_sessions)
    # A file names an anonymous visitor as its session: only now such an event and its row are the same.
    return rows if named is rows else distinct(named, dataset.schema)


def _interactions(rows: _Rows, users: int, items: int, tokens: sparse.csr_matrix | None) -> Interactions:
    return Interactions(
        user_count=users,
        item_count=items,
        user=rows.user.astype(np.int32),
        item=rows.item.astype(np.int32),
        at=rows.at,
        weight=rows.weight,
        tokens=tokens,
    )


class _Numbered(NamedTuple):
    number: Numbers  # of each row that is used, in the order of ids
    ids: pa.Array
    known: int  # distinct names in all rows


def _numbered(names: pa.ChunkedArray, place: Numbers, more: pa.Array | None = None) -> _Numbered:
    """Numbers the names of the rows at `place`; the ids are these names and `more`."""
    codes, distinct = codes_of(names)
    codes = codes[place]
    is_used = np.bincount(codes, minlength=len(distinct)) > 0
    used = distinct.filter(pa.array(is_used))
    ids = used if more is None else pc.unique(pa.concat_arrays([used, more]))
    ids = ids.take(pc.sort_indices(ids))
    number = np.full(len(distinct), -1)
    number[is_used] = pc.index_in(used, ids).to_numpy()
    return _Numbered(number[codes], ids, len(distinct))


def _latest(user: Numbers, at: Numbers) -> Numbers:
    """Places of each user's latest interactions, by user and time."""
    order: Numbers = np.lexsort((at, user))
    if not len(order):
        return order
    ends = np.cumsum(np.bincount(user))
    is_late = ends[user[order]] - np.arange(len(order)) <= TRAINING_EVENTS
    return order[np.flatnonzero(is_late)]


def _oldest(rows: _Rows, items: int) -> Numbers:
    """When each item was first interacted with; an item without interactions is as new as the data."""
    latest = rows.at.max() if len(rows.at) else 0
    oldest = np.full(items, latest, np.int64)
    np.minimum.at(oldest, rows.item, rows.at)
    return oldest


def _moments(
    table: pa.Table,
    rows: _Rows,
    dataset: Dataset,
    users: pa.Array,
    of_users: Dataset | None,
    settings: TrainingSettings,
) -> tuple[Tokens, sparse.csr_matrix | None]:
    """Interactions x what is known of the moment and the user; None if nothing can be known."""
    describer = Describer()
    fields = described_fields(dataset.schema, settings)
    contexts = table.select([field.name for field in fields]).take(pa.array(rows.place)) if fields else None
    matrix = None if contexts is None else describer.describe(contexts, dataset.schema, fields)
    if of_users is not None and (fields := described_fields(of_users.schema, settings)):
        aligned = in_order_of(merged(of_users.parts, of_users.schema), "USER_ID", users)
        of_user = describer.describe(aligned, of_users.schema, fields)[rows.user]
        matrix = of_user if matrix is None else of_user + _widened(matrix, of_user.shape[1])
    return describer.tokens, matrix


def _widened(matrix: sparse.csr_matrix, width: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], width))


def _impressed(table: pa.Table, rows: _Rows, items: pa.Array) -> Numbers:
    """How often each item was shown when another was chosen."""
    counts = np.zeros(len(items), np.int64)
    if "IMPRESSION" not in table.column_names:
        return counts
    shown = table.column("IMPRESSION").take(pa.array(rows.place))
    for start in range(0, len(rows.place), _AT_ONCE):
        lists = pc.split_pattern(shown.slice(start, _AT_ONCE).combine_chunks(), "|")
        row = pc.list_parent_indices(lists).to_numpy() + start
        item = pc.fill_null(pc.index_in(pc.list_flatten(lists), items), -1).to_numpy()
        counts += np.bincount(item[(item >= 0) & (item != rows.item[row])], minlength=len(items))
    return counts
