"""Which interactions a training uses, with what weight, and whether they are enough."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_local.data.segments import EVENT_ID, SESSION, codes_of
from personalize_local.data.training_model import CannotTrain, EventParameters, TrainingSettings
from personalize_local.limits import (
    MAX_EVENT_TYPES_AND_COLUMNS,
    MIN_SHARE_OF_USERS_WITH_TWO,
    MIN_TRAINING_INTERACTIONS,
    MIN_USERS_WITH_TWO,
)
from personalize_local.schemas.model import DatasetSchema
from personalize_local.schemas.named import KEYWORDS

Mask = NDArray[np.bool_]
_REQUIRED = 3  # columns of Interactions


def with_users(rows: pa.Table, *, merges_sessions: bool) -> pa.Table:
    """Gives each anonymous event a user: the one its session came to belong to, or else the session itself."""
    users, sessions = rows.column("USER_ID"), rows.column(SESSION)
    if not users.null_count:
        return rows
    owners = _owners(rows) if merges_sessions else pa.nulls(len(rows), pa.string())
    filled = pc.coalesce(users, owners, sessions)
    return rows.set_column(rows.schema.get_field_index("USER_ID"), "USER_ID", filled)


def _owners(rows: pa.Table) -> pa.Array:
    """For each row, the user of the latest event of its session that has one."""
    codes, names = codes_of(rows.column(SESSION))
    is_known = (codes >= 0) & rows.column("USER_ID").is_valid().to_numpy()
    known = np.flatnonzero(is_known)
    known = known[np.argsort(rows.column("TIMESTAMP").to_numpy()[known], kind="stable")]
    last = np.full(len(names) + 1, -1, np.int64)  # the last place is that of rows without a session
    last[codes[known]] = known  # where an index repeats, the last value stays
    places = last[codes]
    return rows.column("USER_ID").take(pa.array(places, mask=places < 0)).combine_chunks()


def usable(rows: pa.Table, schema: DatasetSchema) -> Mask:
    """Rows that have an item and, where there is such a column, an event type. Raises `CannotTrain` if none has."""
    mask: Mask = rows.column("ITEM_ID").is_valid().to_numpy()
    mask &= rows.column("USER_ID").is_valid().to_numpy() & _first_of_their_id(rows)
    if "EVENT_TYPE" not in schema.by_name:
        return mask
    is_named = event_types_named(rows.column("EVENT_TYPE"))
    if len(rows) and not is_named.any():
        raise CannotTrain("All values in the event_type column are either reserved keywords or null")
    return mask & is_named


def event_types_named(types: pa.ChunkedArray) -> Mask:
    """Which are neither null nor reserved words."""
    reserved = pc.is_in(pc.utf8_upper(types), pa.array(sorted(KEYWORDS)))
    named: Mask = pc.and_(types.is_valid(), pc.invert(reserved)).to_numpy()
    return named


def _first_of_their_id(rows: pa.Table) -> Mask:
    is_first = np.ones(len(rows), np.bool_)
    if rows.column(EVENT_ID).null_count < len(rows):
        codes, _ = codes_of(rows.column(EVENT_ID))
        having = np.flatnonzero(codes >= 0)
        _, first = np.unique(codes[having], return_index=True)
        is_first[having] = False
        is_first[having[first]] = True
    return is_first


def lowered_types(rows: pa.Table, schema: DatasetSchema) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number of each row's event type, and their names in lower case. Raises `CannotTrain` if there are too many."""
    if "EVENT_TYPE" not in schema.by_name:
        return np.full(len(rows), -1), ()
    codes, names = codes_of(rows.column("EVENT_TYPE"))
    columns = len(schema.fields) - _REQUIRED
    if len(names) + columns > MAX_EVENT_TYPES_AND_COLUMNS:
        raise CannotTrain(
            f"The Interactions dataset has {len(names)} distinct event types and {columns} optional columns. "
            f"Together they must not be more than {MAX_EVENT_TYPES_AND_COLUMNS}."
        )
    lowered = [name.lower() for name in names.to_pylist()]
    distinct = sorted(set(lowered))
    renumbered = np.array([*(distinct.index(name) for name in lowered), -1])
    return renumbered[codes], tuple(distinct)


def weights(
    rows: pa.Table, types: NDArray[np.int64], names: tuple[str, ...], settings: TrainingSettings
) -> NDArray[np.float32]:
    """Of each row; NaN where the solution does not use it."""
    wanted = settings.events
    if not wanted and settings.event_type is not None:
        wanted = (EventParameters(event_type=settings.event_type, threshold=settings.threshold),)
    if not wanted:
        reached = _reached(rows, settings.threshold)
        return np.where(reached, np.float32(1), np.float32("nan"))
    found = np.full(len(rows), np.nan, np.float32)
    for event in wanted:
        of_type = types == names.index(event.event_type.lower()) if event.event_type.lower() in names else False
        found[of_type & _reached(rows, event.threshold)] = event.weight
    return found


def _reached(rows: pa.Table, threshold: float | None) -> Mask:
    """A row without a value reaches no threshold."""
    if threshold is None:
        return np.ones(len(rows), np.bool_)
    if "EVENT_VALUE" not in rows.column_names:
        return np.zeros(len(rows), np.bool_)
    mask: Mask = pc.fill_null(pc.greater_equal(rows.column("EVENT_VALUE"), threshold), fill_value=False).to_numpy()
    return mask


def check_enough(user: NDArray[np.int64], users: int, settings: TrainingSettings) -> None:
    """`user` of each row that is used; `users` of all rows. Raises `CannotTrain`."""
    if len(user) < MIN_TRAINING_INTERACTIONS:
        raise CannotTrain(f"Dataset has fewer than {MIN_TRAINING_INTERACTIONS} interactions{_filter(settings)}")
    active = int((np.bincount(user) > 1).sum())
    if active < MIN_USERS_WITH_TWO:
        raise CannotTrain(
            f"Create failed. Dataset has fewer than {MIN_USERS_WITH_TWO} users with at least 2 interactions each."
        )
    if active < users * MIN_SHARE_OF_USERS_WITH_TWO:
        raise CannotTrain(
            f"Create failed. Fewer than {MIN_SHARE_OF_USERS_WITH_TWO:.0%} of the dataset's {users} users "
            "have at least 2 interactions each."
        )


def _filter(settings: TrainingSettings) -> str:
    types = ", ".join(event.event_type for event in settings.events) or settings.event_type
    if types:
        return f" after filtering by event type: {types}"
    return "" if settings.threshold is None else f" after filtering by event value threshold: {settings.threshold:g}"
