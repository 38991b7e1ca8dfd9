"""When people shop: quiet nights, full evenings."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_BY_HOUR = (2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 7, 7, 8, 7, 6, 6, 7, 8, 10, 12, 13, 12, 8, 4)
_UNTIL = tuple(accumulate(_BY_HOUR))


def time_of(progress: float, days: int) -> int:
    """Milliseconds from the start when this share, from [0, 1), of all visits has begun; rises with it."""
    day, share = divmod(progress * days, 1)
    wanted = share * _UNTIL[-1]
    hour = bisect_right(_UNTIL, wanted)
    into = 1 - (_UNTIL[hour] - wanted) / _BY_HOUR[hour]
    return int(day) * DAY_MS + int((hour + into) * _HOUR_MS)
