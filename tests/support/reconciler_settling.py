"""Reconciling until nothing is pending, as wake-ups by the clock do it."""

from __future__ import annotations

from collections.abc import Callable

from consumers.personalize_sync.lease import Lease
from consumers.personalize_sync.reconciling import Reconciler
from consumers.personalize_sync.running import Ended, Pace, run


def settle(make: Callable[[], Reconciler], lease: Callable[[], Lease], pace: Pace) -> Ended:
    """Again and again, until it is settled.

    `make`, `lease`: a new one for each wake-up. While another holds the lease it waits without waking him: he would
    never come to an end. Returns what the last wake-up came to, settled or out of time.
    """
    while True:
        own = lease()
        ended = run(make(), own, pace) if own.is_free() else Ended(is_settled=False, by="another")
        if ended.is_settled or not pace.has_time:
            return ended
        pace.sleep(pace.poll_seconds)
