"""What goes on in other threads: several callers at once, and what is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def all_at_once(*calls: Callable[[], object]) -> Iterator[None]:
    """All are under way within the block; at its end each has returned, or what one raised is raised."""
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(call) for call in calls]
        time.sleep(0.1)
        yield
        for future in futures:
            future.result(10)


def until(holds: Callable[[], object]) -> None:
    """Return once it holds."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
