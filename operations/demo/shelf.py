"""What the published items are called, and what is near to what: for people who read recommendations."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract.manifest import Manifest
from glue_jobs.store import Store

_LONGEST_NAME = 34
_ABOUT = 10  # interactions of a shopper who clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`names`, `kinds`: by item id. `demand`: interactions by item id."""

    names: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    demand: Mapping[str, int] = field(default_factory=dict)

    def name(self, item_id: str) -> str:
        return self.names.get(item_id) or item_id

    def far_from(self, items: Sequence[str], count: int) -> list[str]:
        """The most wanted items of the kind that is rarest among `items`; none of `items` itself."""
        near = Counter(self.kinds.get(item, "") for item in items)
        sold = Counter(self.kinds.get(item, "") for item in self.demand if item not in items)
        kinds = [kind for kind in sold if sold[kind] >= count]
        if not kinds:
            return []
        wanted = Counter({kind: sum(self.demand[i] for i in self.demand if self._is(i, kind)) for kind in kinds})
        kind = min(kinds, key=lambda kind: (near[kind], -wanted[kind], kind))
        of_kind = (item for item in self.demand if self._is(item, kind) and item not in items)
        return sorted(of_kind, key=lambda item: (-self.demand[item], item))[:count]

    def _is(self, item: str, kind: str) -> bool:
        return self.kinds.get(item, "") == kind


def read_shelf(store: Store, items: Manifest | None, interactions: Manifest) -> Shelf:
    """From the published files."""
    rows = {row["ITEM_ID"]: row for row in read_rows(store, items)} if items else {}
    return Shelf(
        names={item: _name(row) for item, row in rows.items()},
        kinds={item: _kind(row) for item, row in rows.items()},
        demand=Counter(row["ITEM_ID"] for row in read_rows(store, interactions)),
    )


def regulars(store: Store, interactions: Manifest, count: int, *, among: Manifest | None) -> list[str]:
    """Users with about ten interactions, for whom a click is news; those of `among`, where there is such a
    publication. The same for the same files."""
    known = {row["USER_ID"] for row in read_rows(store, among)} if among else None
    ids = (row["USER_ID"] for row in read_rows(store, interactions))
    users = Counter(user for user in ids if known is None or user in known)
    return sorted(users, key=lambda user: (abs(users[user] - _ABOUT), user))[:count]


def read_rows(store: Store, manifest: Manifest) -> Iterator[dict[str, str]]:
    """Rows of a publication by column; a backslash escapes, as Personalize has it."""
    for file in manifest.files:
        text = io.StringIO(store.read(file.key).decode(), newline="")
        yield from csv.DictReader(text, doublequote=False, escapechar="\\")


def _name(row: Mapping[str, str]) -> str:
    said = row["PRODUCT_DESCRIPTION"] or " ".join(filter(None, (row["GENRES"], row["RELEASE_YEAR"])))
    name = said.rstrip(".") or " ".join(filter(None, (row["BRAND"], row["CATEGORY_L2"])))
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _kind(row: Mapping[str, str]) -> str:
    return row["CATEGORY_L2"] or row["CATEGORY_L1"] or row["GENRES"].partition("|")[0]
