"""Which shards of a stream are open, page by page, the same for both transports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from producers.sdk.kinesis.errors import garbled
from producers.sdk.stream import Shard

_PAGES: Final = 1_000  # of up to 1,000 shards


def open_shards(stream: str, ask: Callable[[dict[str, str]], Any]) -> list[Shard]:
    """Those that take records, in the order of their hashes. `ask` calls ListShards with the fields that it is given.

    Raises `TransientError` for answers that are no list of shards.
    """
    listed: list[Mapping[str, Any]] = []
    fields = {"StreamName": stream}
    try:
        for _ in range(_PAGES):
            page = ask(fields)
            listed += page["Shards"]
            if not page.get("NextToken"):
                return _open(listed)
            fields = {"NextToken": str(page["NextToken"])}  # alone: beside it a stream's name is refused
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise garbled(stream) from error
    raise garbled(stream)


def _open(listed: Iterable[Mapping[str, Any]]) -> list[Shard]:
    found = [
        Shard(shard["ShardId"], int(hashes["StartingHashKey"]), int(hashes["EndingHashKey"]))
        for shard in listed
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        for hashes in (shard["HashKeyRange"],)
    ]
    return sorted(found, key=lambda shard: shard.first_hash)
