"""What a settled batch writes at once, and where: the watermark, the account, popularity, click-through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumers.realtime.clickthrough import Clicks
from consumers.realtime.popularity import Popularity
from consumers.realtime.users import Item
from contract.stream_account import Place, StreamAccount

CONSUMER = "realtime"
ACCOUNT_KEPT_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """All lines of the shard up to `place` are settled. `version` counts the batches that settled them."""

    place: Place
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    shard: str
    watermark: Watermark  # follows the version before it
    account: StreamAccount
    popularity: Popularity | None  # None: as before
    clickthrough: Mapping[str, Clicks]  # by bucket, to be added
    account_expires_at: int  # epoch seconds


class Store(Protocol):
    """Every call raises `TransientError` while the store is busy."""

    def watermark(self, shard: str) -> Watermark | None: ...

    def popularity(self, shard: str) -> Popularity:
        """Read after the watermark: who changes one changes both."""
        ...

    def settle(self, settlement: Settlement) -> None:
        """All of it or nothing. Raises `consumers.state_table.Conflict` where the watermark is not of the version
        before: somebody else settled lines of the shard meanwhile."""
        ...


class Users(Protocol):
    """Every call raises `TransientError` where it was not done for all."""

    def read(self, ids: Collection[str]) -> Mapping[str, Item]:
        """By USER_ID; without those whom nobody knows."""
        ...

    def write(self, items: Mapping[str, Item]) -> None: ...
