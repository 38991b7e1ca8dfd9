"""What a producer does when its process forks, ends, or is told to end."""

from __future__ import annotations

import atexit
import os
import signal
import threading
from collections.abc import Iterable
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from types import FrameType
from typing import Any, Protocol

import structlog

from contract.errors import ClickstreamError
from producers.sdk.troubles import Log


class Closing(Protocol):
    """What is asked of a producer."""

    def close(self, timeout: float | None = None) -> None: ...

    def renew(self) -> None:
        """Begin anew in a forked child: what the parent holds is the parent's."""
        ...


class _Open:
    """Producers that were not closed."""

    def __init__(self) -> None:
        self.producers: dict[int, tuple[Closing, Log]] = {}
        self.closed_by_multiprocessing = 0  # the process that does it

    def close_all(self) -> None:
        for producer, log in list(self.producers.values()):
            try:
                producer.close()
            except Exception as error:  # noqa: BLE001 - nobody is left to tell, and others are to be closed
                log.warning("not_closed_at_exit", reason=_reason(error))

    def renew_all(self) -> None:
        for producer, _ in list(self.producers.values()):
            producer.renew()


_open = _Open()
atexit.register(_open.close_all)
os.register_at_fork(after_in_child=_open.renew_all)


def opened(producer: Closing, log: Log) -> None:
    """Close it at the end of the interpreter, and renew it in forked children."""
    _open.producers[id(producer)] = producer, log


def began_in_this_process() -> None:
    """Close at the end of this process too, where it is one of multiprocessing's: most of those end without atexit."""
    if parent_process() is not None and _open.closed_by_multiprocessing != os.getpid():
        _open.closed_by_multiprocessing = os.getpid()
        Finalize(None, _open.close_all, exitpriority=100)


def closed(producer: Closing) -> None:
    """Nothing is to be done for it any more."""
    _open.producers.pop(id(producer), None)


def close_on_signals(
    producer: Closing,
    seconds: float,
    *,
    log: Log | None = None,
    signals: Iterable[signal.Signals] = (signal.SIGTERM, signal.SIGINT),
) -> None:
    """On the first of these signals close the producer, in at most so many seconds; then do what was done before.

    To be called in the main thread. A forked child calls it for itself: until then the signals do there what they
    did before.
    """
    _SignalClosing(producer, seconds, log or structlog.get_logger(), signals).install()


class _SignalClosing:
    """A handler may interrupt a thread that holds any lock, so that it only writes into a pipe."""

    def __init__(self, producer: Closing, seconds: float, log: Log, signals: Iterable[signal.Signals]) -> None:
        self._producer = producer
        self._seconds = seconds
        self._log = log
        self._signals = tuple(signals)
        self._process = os.getpid()
        self._before: dict[int, Any] = {}
        self._is_done = False
        self._reader, self._writer = os.pipe()

    def install(self) -> None:
        threading.Thread(target=self._wait, name="closing", daemon=True).start()
        for number in self._signals:
            self._before[number] = signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self._is_done or os.getpid() != self._process:
            before = self._before[number]
            signal.signal(number, signal.SIG_DFL if before is None else before)
            os.kill(os.getpid(), number)
        else:
            os.write(self._writer, bytes([number]))

    def _wait(self) -> None:
        number = os.read(self._reader, 1)[0]
        try:
            self._producer.close(self._seconds)
        except Exception as error:  # noqa: BLE001 - the process is to end whatever comes
            self._log.warning("not_closed_at_signal", reason=_reason(error))
        self._is_done = True
        # To the thread that runs the handlers, which may be asleep.
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, ClickstreamError) else f"{type(error).__name__}: {error}"
