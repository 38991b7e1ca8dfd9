"""What a spool asks of the machine: time, files, chance."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from producers.sdk.clock import Clock, SystemClock
from producers.sdk.spool.files import DiskFiles, Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """This one, where nothing else is given."""

    clock: Clock = field(default_factory=SystemClock)
    files: Files = field(default_factory=DiskFiles)
    entropy: Callable[[int], bytes] = os.urandom
