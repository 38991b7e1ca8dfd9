"""`clickstream send`: what was typed, a target and events, and the load between them."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.live import Live

from operations.send.asked import LoadAsked
from operations.send.events import of_file, simulated
from operations.send.plan import Load
from operations.send.running import Line, LoadRun, Target
from operations.send.show import live, show_report
from operations.send.tally import Report
from operations.send.targets import target_of

SEED: Final = 1
USERS: Final = 3_000
_LOOK_SECONDS: Final = 0.5

Reach = Callable[[LoadAsked], AbstractContextManager[Target]]
"""Makes what was asked for a target, for the length of a block."""


def run_send(asked: LoadAsked, console: Console, reach: Reach = target_of) -> bool:
    """Whether all that was offered was taken or judged. The report is there before the target is left, which waits for
    what the SDK took and may raise `TransientError`.
    """
    load = Load(rate=asked.rate, seconds=asked.seconds, batch=asked.batch)
    events = _events(asked)
    with reach(asked) as target:
        report = asyncio.run(_watched(load, target, events, console))
        show_report(console, report)
        if asked.report is not None:
            asked.report.write_text(json.dumps(report.as_data(), indent=2) + "\n")
    return report.kept_up


async def _watched(load: Load, target: Target, events: Iterator[Line], console: Console) -> Report:
    run, began = LoadRun(load, target, clock=time.monotonic), time.monotonic()
    going = asyncio.ensure_future(run.run(events))
    with Live(console=console, transient=True, auto_refresh=False) as shown:
        while not going.done():
            await asyncio.wait([going], timeout=_LOOK_SECONDS)
            shown.update(live(run.tally, load, time.monotonic() - began), refresh=console.is_terminal)
    return await going


def _events(asked: LoadAsked) -> Iterator[Line]:
    if asked.file is not None:
        return of_file(asked.file, now=datetime.now(UTC))
    return simulated(
        seed=SEED if asked.seed is None else asked.seed,
        users=USERS if asked.users is None else asked.users,
        now=lambda: datetime.now(UTC),
        entropy=os.urandom,
    )
