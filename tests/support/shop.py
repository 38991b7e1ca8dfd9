"""A made-up shop of any size: groups of taste, some items far more popular than others, numbers drawn by a seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

NOW: Final = 1_750_000_000  # the newest interaction, Unix seconds
_NAMESPACE: Final = "com.amazonaws.personalize.schema"
_DAYS: Final = 90 * 86_400
_TYPES: Final = ("view", "click", "purchase")
_TYPE_SHARES: Final = (0.8, 0.15, 0.05)
_OWN_TASTE: Final = 0.8  # of interactions are with items of the user's own two groups
GENRES: Final = tuple(f"genre-{number}" for number in range(20))


def avro(name: str, **fields: Any) -> str:
    """A schema for CreateSchema; a field is a type, or a type with its attributes."""
    listed = [{"name": field, **(kind if isinstance(kind, dict) else {"type": kind})} for field, kind in fields.items()]
    return json.dumps({"type": "record", "name": name, "namespace": _NAMESPACE, "fields": listed, "version": "1.0"})


_CATEGORY: Final = {"type": ["null", "string"], "categorical": True}
SCHEMAS: Final = {
    "Interactions": avro("Interactions", USER_ID="string", ITEM_ID="string", EVENT_TYPE="string", TIMESTAMP="long"),
    "Items": avro("Items", ITEM_ID="string", GENRES=_CATEGORY, PRICE=["null", "float"], CREATION_TIMESTAMP="long"),
    "Users": avro("Users", USER_ID="string", MEMBERSHIP=_CATEGORY),
}


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Its sizes. Item i is of group i modulo `groups`; a user has two groups of taste."""

    users: int
    items: int
    interactions: int
    groups: int = 40
    seed: int = 0

    def write(self, folder: Path) -> dict[str, Path]:
        """A CSV file for each dataset, by its type."""
        folder.mkdir(parents=True, exist_ok=True)
        tables = {"Interactions": self._interactions, "Items": self._items, "Users": self._users}
        files = {name: folder / f"{name.lower()}.csv" for name in tables}
        for name, file in files.items():
            if not file.exists():
                partial = file.with_suffix(".partial")
                _write(tables[name](), partial)
                partial.rename(file)
        return files

    @cached_property
    def user_ids(self) -> pa.Array:
        return _ids("user", self.users)

    @cached_property
    def item_ids(self) -> pa.Array:
        return _ids("item", self.items)

    def _interactions(self) -> pa.Table:
        generator = np.random.default_rng(self.seed)
        user = self._who(generator)
        item = self._what(user, generator)
        at = NOW - (generator.random(len(user)) * _DAYS).astype(np.int64)
        kind = generator.choice(len(_TYPES), len(user), p=_TYPE_SHARES).astype(np.int8)
        return pa.table(
            {
                "USER_ID": self.user_ids.take(pa.array(user)),
                "ITEM_ID": self.item_ids.take(pa.array(item)),
                "EVENT_TYPE": pa.array(_TYPES).take(pa.array(kind)),
                "TIMESTAMP": at,
            }
        )

    def _who(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """Everybody once if there are enough interactions, the others by how active a user is."""
        activity = np.cumsum(generator.lognormal(sigma=1.0, size=self.users))
        everybody = np.arange(min(self.users, self.interactions))
        drawn = generator.random(self.interactions - len(everybody)) * activity[-1]
        return np.concatenate((everybody, np.searchsorted(activity, drawn).clip(max=self.users - 1)))

    def _what(self, user: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Drawn by popularity, from a group of the user's taste or from all."""
        order = np.argsort(np.arange(self.items) % self.groups, kind="stable")
        popularity = 1 / (10 + generator.permutation(self.items)) ** 0.8
        upto = np.cumsum(popularity[order])
        starts = np.searchsorted(order % self.groups, np.arange(self.groups + 1))
        bounds = np.concatenate(([0.0], upto))[starts]
        tastes = generator.integers(self.groups, size=(self.users, 2))
        group = tastes[user, generator.integers(2, size=len(user))]
        own = generator.random(len(user)) < _OWN_TASTE
        low = np.where(own, bounds[group], 0.0)
        high = np.where(own, bounds[group + 1], upto[-1])
        place = np.searchsorted(upto, low + (high - low) * generator.random(len(user)), side="right")
        chosen: NDArray[np.int64] = order[place.clip(max=self.items - 1)]
        return chosen

    def _items(self) -> pa.Table:
        generator = np.random.default_rng((self.seed, 1))
        other = generator.integers(len(GENRES), size=self.items)
        own = np.arange(self.items) % self.groups % len(GENRES)
        genres = [f"{GENRES[a]}|{GENRES[b]}" if a != b else GENRES[a] for a, b in zip(own, other, strict=True)]
        return pa.table(
            {
                "ITEM_ID": self.item_ids,
                "GENRES": genres,
                "PRICE": (generator.lognormal(3, 1, self.items) * 100).round() / 100,
                "CREATION_TIMESTAMP": NOW - generator.integers(2 * _DAYS, size=self.items),
            }
        )

    def _users(self) -> pa.Table:
        generator = np.random.default_rng((self.seed, 2))
        memberships = pa.array(("none", "silver", "gold"))
        return pa.table(
            {"USER_ID": self.user_ids, "MEMBERSHIP": memberships.take(pa.array(generator.integers(3, size=self.users)))}
        )


def _ids(name: str, count: int) -> pa.Array:
    return pa.array([f"{name}-{number}" for number in range(count)])


def _write(table: pa.Table, file: Path) -> None:
    with file.open("wb") as stream:
        stream.write(",".join(table.column_names).encode() + b"\n")
        pa_csv.write_csv(table, stream, pa_csv.WriteOptions(include_header=False, quoting_style="none"))
