"""A batch in parts that each fit into one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consumers.realtime.clickthrough import bucket_of, clicks_of
from consumers.realtime.judged import Judged

MAX_LINES = 2_000  # if each has a producer of its own, the account is still under DynamoDB's 400 KB an item
MAX_BUCKETS = 80  # a transaction takes 100 items


def chunks(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """Lines in their order, none left out. No chunk is empty."""
    chunk: list[Judged] = []
    buckets: set[int] = set()
    for one in judged:
        own = {bucket_of(one.event)} if one.event is not None and any(clicks_of(one.event)) else set()
        if chunk and (len(chunk) == MAX_LINES or len(buckets | own) > MAX_BUCKETS):
            yield chunk
            chunk, buckets = [], set()
        chunk.append(one)
        buckets |= own
    if chunk:
        yield chunk
