"""A process of its own with a producer, whose stream is a file. Ends as it is told: by fork, by exit, by a signal."""

from __future__ import annotations

import base64
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

from producers.sdk.clock import SystemClock
from producers.sdk.lifecycle import close_on_signals
from producers.sdk.memory import even_shards, taken_apart
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Outcome, Record, Shard


class FileStream:
    """Appends each line to a file, which any number of processes share."""

    def __init__(self, path: Path, *, seconds: float = 0.0) -> None:
        self._path = path
        self._seconds = seconds

    def put(self, records: Sequence[Record]) -> Sequence[Outcome]:
        time.sleep(self._seconds)
        lines = [base64.b64encode(line.data) + b"\n" for record in records for line in taken_apart(record)]
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, b"".join(lines))
        os.close(file)
        return [Outcome() for _ in records]

    def shards(self) -> Sequence[Shard]:
        return even_shards(1)


class Silence:
    """A log."""

    def info(self, event: str, **facts: object) -> None: ...

    def warning(self, event: str, **facts: object) -> None: ...


def read(path: Path) -> list[bytes]:
    """The lines of the stream."""
    return [base64.b64decode(line) for line in path.read_bytes().splitlines()]


def _send(producer: EventProducer, user: str, count: int) -> None:
    for _ in range(count):
        producer.track("view", user_id=user, item_id="i-1")


def _exit(producer: EventProducer) -> None:
    """Ends without a word to the producer."""
    _send(producer, "u", 10)


def _fork(producer: EventProducer) -> None:
    """Forks with events that nobody has sent yet; both sides go on."""
    _send(producer, "parent", 5)
    child = os.fork()
    _send(producer, "child" if child == 0 else "parent", 5)
    producer.close()
    if child:
        os.waitpid(child, 0)


def _multiprocess(producer: EventProducer) -> None:
    """A child of multiprocessing's that does not close."""
    _send(producer, "parent", 5)
    child = multiprocessing.get_context("fork").Process(target=_send, args=(producer, "child", 5))
    child.start()
    child.join()


def _start(context: SpawnContext | ForkServerContext, producer: EventProducer, stream: str, spool: str) -> None:
    """A child of multiprocessing's that has a producer of its own and does not close it either."""
    _send(producer, "parent", 5)
    child = context.Process(target=_send_as, args=("web-2", stream, spool))
    child.start()
    child.join()


def _send_as(producer_id: str, stream: str, spool: str) -> None:
    _send(_producer(producer_id, stream, spool, linger=30.0), "child", 5)


def _signal(producer: EventProducer) -> None:
    """Sends without end until a signal comes, and tells what was acknowledged."""
    close_on_signals(producer, 5, log=Silence())
    acknowledged = os.fdopen(1, "wb", buffering=0)
    while True:
        try:
            receipt = producer.track("view", user_id="u", item_id="i-1")
            receipt.wait()
        except ValueError:  # closed
            time.sleep(10)
        acknowledged.write(b"%d\n" % (receipt.producer_seq or 0))


def _producer(producer_id: str, stream: str, spool: str, *, linger: float) -> EventProducer:
    return EventProducer(
        FileStream(Path(stream)),
        clock=SystemClock(),
        producer_id=producer_id,
        settings=ProducerSettings(linger=linger),
        spool=SpoolDirectory(Path(spool)) if spool else None,
        log=Silence(),
    )


def main(how: str, stream: str, spool: str) -> None:
    producer = _producer("web-1", stream, spool, linger=0.005 if how == "signal" else 30.0)
    ways: dict[str, Callable[[EventProducer], None]] = {
        "exit": _exit,
        "fork": _fork,
        "multiprocess": _multiprocess,
        "signal": _signal,
    }
    ways["spawn"] = partial(_start, multiprocessing.get_context("spawn"), stream=stream, spool=spool)
    ways["forkserver"] = partial(_start, multiprocessing.get_context("forkserver"), stream=stream, spool=spool)
    ways[how](producer)


if __name__ == "__main__":
    main(*sys.argv[1:])
