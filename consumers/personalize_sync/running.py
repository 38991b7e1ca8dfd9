"""From a wake-up to the end of what can be done: rounds under the lease, and looks while something is pending."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from consumers.personalize_sync.lease import Lease, LeaseLost
from consumers.personalize_sync.plan import Call
from consumers.personalize_sync.reconciling import Reconciler, Round
from contract.errors import TransientError

log = structlog.get_logger()
_SLOWER, _SLOWEST = 1.25, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`poll_seconds` between looks; `until`: when this run is to end, on the clock given."""

    poll_seconds: float
    until: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    @property
    def has_time(self) -> bool:
        return self.clock() + self.poll_seconds < self.until

    def rest(self, quiet: int) -> None:
        """Longer, up to a limit, after each look that led to nothing: trainings take hours."""
        longer = self.poll_seconds * min(_SLOWEST, _SLOWER**quiet)
        self.sleep(max(0.0, min(longer, self.until - self.clock())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """`is_settled`: nothing is to be done and nothing is pending. `waits`: in words, what is not done, and why."""

    is_settled: bool
    waits: tuple[str, ...] = ()
    by: str = ""  # who holds the lease, where it is another


def run(reconciler: Reconciler, lease: Lease, pace: Pace) -> Ended:
    """Never fails for waiting: what is pending, busy or over a quota is looked at again."""
    if not lease.ask():
        log.info("reconcile_noted")
        return Ended(is_settled=False, by="another")
    try:
        return _rounds(reconciler, lease, pace)
    except LeaseLost as lost:
        log.warning("lease_lost", reason=str(lost))
        return Ended(is_settled=False, by="another")
    except Exception:
        with suppress(LeaseLost, TransientError):
            lease.drop()
        raise


def _rounds(reconciler: Reconciler, lease: Lease, pace: Pace) -> Ended:
    before: tuple[Call, ...] = ()
    quiet = 0
    while True:
        lease.begin()
        ended, again = _round(reconciler, lease)
        if ended.is_settled and lease.release():
            return ended
        if not pace.has_time:
            lease.drop()
            return replace(ended, is_settled=False)
        if ended.is_settled:
            continue  # a wake-up came meanwhile
        # Something done twice in a row is not seen yet by those who describe it.
        if not again or again == before:
            pace.rest(quiet)
        quiet = 0 if again else quiet + 1
        before = again


def _round(reconciler: Reconciler, lease: Lease) -> tuple[Ended, tuple[Call, ...]]:
    """What it came to, and what was done: then there is more to do at once."""
    try:
        done = reconciler.round(lease.keep)
    except TransientError as error:
        log.warning("reconcile_busy", reason=str(error))
        return Ended(is_settled=False, waits=(str(error),)), ()
    _tell(done)
    return Ended(is_settled=not (done.done or done.later or done.is_pending), waits=done.waits + done.later), done.done


def _tell(done: Round) -> None:
    if done.done or done.later:
        log.info("reconciled", done=[f"{c.operation} {c.arn}" for c in done.done], later=done.later, waits=done.waits)
