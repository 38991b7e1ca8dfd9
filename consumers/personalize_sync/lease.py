"""Single flight: who reconciles now, and which wake-ups he has not seen yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from consumers.state_table import Conflict, StateTable

_PK: Final = "personalize"
_SK: Final = "lease"
_MS: Final = 1_000
_NOBODY: Final = {"owner": "", "until": 0}
_Item = dict[str, Any]


class LeaseLost(Exception):
    """Another took over after the lease had expired: this one stops."""


@dataclass(slots=True)
class Lease:
    """One item, written under its version: a wake-up that comes while another works is seen by the other.

    `until` is epoch milliseconds; `requested` counts wake-ups and never goes back.
    """

    state: StateTable
    owner: str
    seconds: float
    clock: Callable[[], float]
    _item: _Item = field(default_factory=dict)
    _seen: int = 0

    def is_free(self) -> bool:
        """Whether somebody who asked now would get it. Notes nothing."""
        return self._is_free(self._read())

    def ask(self) -> bool:
        """Note a wake-up; True where this owner is now to work. Otherwise the holder will see the wake-up."""

        def asked(item: _Item) -> _Item:
            return item | {"requested": item["requested"] + 1} | (self._mine() if self._is_free(item) else {})

        self._write(asked)
        return self._is_own(self._item)

    def begin(self) -> None:
        """Called before every look: wake-ups known by now will have been seen. Raises `LeaseLost`."""
        self.keep()
        self._seen = self._item["requested"]

    def keep(self) -> None:
        """Called before every effect: renews a lease that is half over. Raises `LeaseLost`."""
        left = self._item["until"] - self.clock() * _MS
        if left < self.seconds * _MS / 2:
            self._write(lambda item: self._own(item) | self._mine())

    def release(self) -> bool:
        """False, and the lease kept, where a wake-up came after the last look began. Raises `LeaseLost`."""
        while self._item["requested"] == self._seen:
            try:
                self._put(self._own(self._item) | _NOBODY)
            except Conflict:
                self._item = self._own(self._read())
            else:
                return True
        return False

    def drop(self) -> None:
        """Let go, whatever there is still to do: another wake-up comes by the clock. Raises `LeaseLost`."""
        self._write(lambda item: self._own(item) | _NOBODY)

    def _write(self, change: Callable[[_Item], _Item]) -> None:
        """Again until no other was faster: it ends, since each time another's write went through."""
        while True:
            try:
                self._put(change(self._read()))
            except Conflict:
                continue
            return

    def _put(self, item: _Item) -> None:
        new = item | {"version": item["version"] + 1}
        if item["version"]:
            self.state.replace(_PK, _SK, new, version=item["version"])
        else:
            self.state.create(_PK, _SK, new)
        self._item = new

    def _read(self) -> _Item:
        return self.state.get(_PK, _SK) or {**_NOBODY, "requested": 0, "version": 0}

    def _mine(self) -> _Item:
        return {"owner": self.owner, "until": round((self.clock() + self.seconds) * _MS)}

    def _is_free(self, item: _Item) -> bool:
        return not item["owner"] or item["until"] <= self.clock() * _MS

    def _is_own(self, item: _Item) -> bool:
        return bool(item["owner"] == self.owner)

    def _own(self, item: _Item) -> _Item:
        if not self._is_own(item):
            raise LeaseLost(f"{self.owner} held the lease until it expired; {item['owner'] or 'another'} took it")
        return item
