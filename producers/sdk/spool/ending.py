"""The last word of a producer that died, said by whoever delivered what it left."""

from __future__ import annotations

from datetime import datetime

from contract.checkpoints import MAX_WITHDRAWN_CHARS, Checkpoint, encode_checkpoint
from contract.ranges import Ranges
from producers.sdk.spool.spool import Spool


def last_checkpoints(spool: Spool, now: datetime) -> list[bytes]:
    """Lines to be sent once all frames were delivered: one that is final, with others before it where it would be long.

    What the dead producer had neither acknowledged nor spooled is withdrawn.
    """
    parts = _parts(Ranges.parse(spool.withheld))
    return [
        encode_checkpoint(
            Checkpoint(
                producer_id=spool.producer_id,
                number=spool.checkpoints + place,
                accepted=spool.accepted,
                at=now,
                final=place == len(parts),
                withdrawn=part,
            )
        )
        for place, part in enumerate(parts, start=1)
    ]


def _parts(numbers: Ranges) -> list[Ranges]:
    if len(str(numbers)) <= MAX_WITHDRAWN_CHARS:
        return [numbers]
    middle = len(numbers.pairs) // 2
    return _parts(Ranges(numbers.pairs[:middle])) + _parts(Ranges(numbers.pairs[middle:]))
