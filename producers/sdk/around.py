"""What all parts of one producer have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from producers.sdk.bell import Bell
from producers.sdk.clock import Clock
from producers.sdk.settings import ProducerSettings
from producers.sdk.troubles import Troubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`bell` wakes who takes from the intake: the committer where there is a spool, else the senders."""

    settings: ProducerSettings
    clock: Clock
    jitter: Callable[[], float]
    troubles: Troubles
    bell: Bell
    senders_bell: Bell
