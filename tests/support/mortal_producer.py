"""Producers in processes that are made to be killed: one process imports everything once and forks them.

Reads commands, one a line: `run PIPE` sends events until it is killed and writes to the pipe its producer_id and the
number of each event that was acknowledged; so does `lazy PIPE`, whose spool is synced by the interval, and `full PIPE`,
whose disk is full soon; `drain PIPE` delivers what dead producers left. Says each one's pid.
"""

from __future__ import annotations

import os
import queue
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session

from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.new_event import new_event, new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory

if TYPE_CHECKING:
    from producers.sdk.receipts import Receipt

SEGMENT_BYTES = 64 * 1024
FULL_BYTES = 20_000  # of one file: the first segment's, and there is no second
_BURST, _REST = 20, 0.004
_USERS = 40


def main(root: Path, url: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    session = botocore.session.Session()
    session.create_client("kinesis", endpoint_url=url)  # its models are read once
    for line in sys.stdin:
        command, pipe = line.split()
        child = os.fork()
        if child:
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        os.dup2(2, 1)  # where the log goes
        with Path(pipe).open("wb", buffering=0) as out:
            _obey(command, root, url, session, out.fileno())
        os._exit(0)


def _obey(command: str, root: Path, url: str, session: botocore.session.Session, out: int) -> None:
    if command == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, resource.RLIM_INFINITY))
    fsync: str | float = 0.05 if command == "lazy" else "batch"
    producer = _producer(SpoolDirectory(root, segment_bytes=SEGMENT_BYTES, fsync=fsync), url, session)
    if command == "drain":
        _drain(producer, root, out)
    else:
        _run(producer, out)


def _run(producer: EventProducer, out: int) -> None:
    os.write(out, f"{producer.producer_id}\n".encode())
    receipts: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
    threading.Thread(target=_tell, args=(receipts, out), daemon=True).start()
    clock, number = SystemClock(), 0
    while True:
        for number in range(number, number + _BURST):  # noqa: B020 - goes on where it was
            user = f"u-{number % _USERS}"
            receipts.put(producer.send(new_event("view", clock=clock, user_id=user, item_id=f"i-{number}")))
        number += 1
        time.sleep(_REST)


def _tell(receipts: queue.SimpleQueue[Receipt], out: int) -> None:
    while True:
        receipt = receipts.get()
        receipt.wait()
        os.write(out, f"{receipt.producer_seq}\n".encode())


def _drain(producer: EventProducer, root: Path, out: int) -> None:
    mine = root / producer.producer_id
    while any(path.is_dir() and path != mine and path.name != "damaged" for path in root.iterdir()):
        time.sleep(0.005)
    producer.close(10)
    os.write(out, b"drained\n")


def _producer(spool: SpoolDirectory, url: str, session: botocore.session.Session) -> EventProducer:
    clock = SystemClock()
    settings = ProducerSettings(linger=0.005, checkpoint_every=0.03)
    return EventProducer(
        SignedKinesis.of_session(session, "clicks", connections=settings.senders, clock=clock, endpoint_url=url),
        clock=clock,
        producer_id=new_producer_id("web"),
        settings=settings,
        spool=spool,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
