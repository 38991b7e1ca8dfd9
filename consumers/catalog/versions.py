"""Which version of an item or a user Personalize has, so that an old change never takes a newer one's place.

Two invocations may put versions of one item at the same time, and Personalize keeps what came last. So an item
remembers whose puts are open, and the newest row while there are any: whoever ends a put that has become old puts the
newest after it, and whoever died before that is put right by the redelivery of his message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from consumers.catalog.changes import Change, Version
from consumers.state_table import Conflict, Item, StateTable
from contract.errors import TransientError

_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a change: `item` as it lies in the table; `row`, of this `version`, is to be put (None: nothing
    is); `is_known`: this very version was settled before.
    """

    item: Item | None
    row: Mapping[str, Any] | None
    version: Version
    is_known: bool = False


class Versions(Protocol):
    """Every call raises `TransientError` while the store is busy."""

    def look(self, change: Change) -> Standing:
        """As it stands; nothing is written."""
        ...

    def begin(self, change: Change, seen: Standing) -> Standing:
        """From now on a put of this change may be under way."""
        ...

    def finish(self, change: Change, put: Standing, *, refused: bool = False) -> Standing:
        """What was to be put was put, or is `refused`. Where another row is the newest by now, that is to be put."""
        ...


@dataclass(frozen=True, slots=True)
class StateVersions:
    state: StateTable

    def look(self, change: Change) -> Standing:
        item = self.state.get(*_place(change))
        return replace(begun(item, change)[1], item=item)

    def begin(self, change: Change, seen: Standing) -> Standing:
        return self._write(change, seen.item, lambda item: begun(item, change))

    def finish(self, change: Change, put: Standing, *, refused: bool = False) -> Standing:
        return self._write(change, put.item, lambda item: finished(item, change, put.version, refused=refused))

    def _write(
        self, change: Change, item: Item | None, step: Callable[[Item | None], tuple[Item | None, Standing]]
    ) -> Standing:
        pk, sk = _place(change)
        for _ in range(_TRIES):
            new, standing = step(item)
            if new is None:
                return standing
            try:
                if item is None:
                    self.state.create(pk, sk, new)
                else:
                    self.state.replace(pk, sk, new, version=item["version"])
            except Conflict:
                item = self.state.get(pk, sk)
                continue
            return standing
        raise TransientError(f"{pk}: others change the same one all the time")


def begun(item: Item | None, change: Change) -> tuple[Item | None, Standing]:
    """What to write (None: nothing) and how the change then stands."""
    known = version_of(item)
    key = change.version.key
    if item is None or known is None or change.version > known:
        open_puts = sorted({*(item or {}).get("open", ()), key})
        new = _item(item, change.version, open_puts, row=json.dumps(dict(change.row), ensure_ascii=False))
        return new, Standing(item=new, row=change.row, version=change.version)
    if key in item["open"] and "row" in item:  # an earlier try died, perhaps after it had put an old row
        return None, Standing(item=item, row=json.loads(item["row"]), version=known)
    if change.version == known and item.get("refused"):
        new = _item(item, known, sorted({*item["open"], key}), row=json.dumps(dict(change.row), ensure_ascii=False))
        return new, Standing(item=new, row=change.row, version=known)
    return None, Standing(item=item, row=None, version=known, is_known=change.version == known)


def finished(item: Item | None, change: Change, put: Version, *, refused: bool = False) -> tuple[Item | None, Standing]:
    """As `begun`, after this version was put."""
    known = version_of(item)
    if item is None or known is None:
        raise TransientError(f"the version of one of {change.dataset} is gone")
    if known != put and "row" in item:
        return None, Standing(item=item, row=json.loads(item["row"]), version=known)
    left = [key for key in item["open"] if key != change.version.key]
    new = _item(item, known, left, row=item.get("row") if left else None, refused=refused)
    return new, Standing(item=new, row=None, version=known)


def version_of(item: Item | None) -> Version | None:
    """The newest that the item knows of."""
    return Version(item["updated_at"], item["digest"]) if item else None


def _place(change: Change) -> tuple[str, str]:
    return f"catalog#{change.dataset}", change.id


def _item(
    before: Item | None, version: Version, open_puts: list[str], *, row: str | None, refused: bool = False
) -> Item:
    item: Item = {
        "updated_at": version.updated_at,
        "digest": version.digest,
        "open": open_puts,
        "version": before["version"] + 1 if before else 1,
    }
    return item | ({"row": row} if row is not None else {}) | ({"refused": True} if refused else {})
