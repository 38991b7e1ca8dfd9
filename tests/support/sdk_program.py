"""A plain program with a producer and a spool, closed by signals: arguments are ROOT, URL and SECONDS.

Sends without a pause and writes its producer_id, then the number of each event that was acknowledged, one a line. On
SIGTERM the producer has SECONDS to close. With `drain` behind them it sends nothing, and ends once the spools of dead
producers are delivered.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import structlog

from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis
from producers.sdk.lifecycle import close_on_signals
from producers.sdk.new_event import new_event, new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory

if TYPE_CHECKING:
    from producers.sdk.receipts import Receipt

_BURST, _REST = 50, 0.01
_USERS = 100


def main(root: Path, url: str, seconds: float, *, drains: bool) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    clock = SystemClock()
    settings = ProducerSettings(checkpoint_every=0.5)
    session = botocore.session.Session()
    producer = EventProducer(
        SignedKinesis.of_session(session, "clicks", connections=settings.senders, clock=clock, endpoint_url=url),
        clock=clock,
        producer_id=new_producer_id("program"),
        settings=settings,
        spool=SpoolDirectory(root),
    )
    close_on_signals(producer, seconds, log=structlog.get_logger())
    if drains:
        _drain(root / producer.producer_id)
        producer.close(seconds)
    else:
        _send(producer)


def _send(producer: EventProducer) -> None:
    _say(producer.producer_id)
    receipts: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
    threading.Thread(target=_tell, args=(receipts,), daemon=True).start()
    clock, number = SystemClock(), 0
    while True:
        for _ in range(_BURST):
            number += 1
            event = new_event("view", clock=clock, user_id=f"u-{number % _USERS}", item_id=f"i-{number}")
            try:
                receipts.put(producer.send(event))
            except ValueError:  # the signal closed it; the process is about to end
                time.sleep(60)
        time.sleep(_REST)


def _tell(receipts: queue.SimpleQueue[Receipt]) -> None:
    while True:
        receipt = receipts.get()
        receipt.wait()
        _say(receipt.producer_seq)


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _drain(mine: Path) -> None:
    while any(path.is_dir() and path not in {mine, mine.parent / "damaged"} for path in mine.parent.iterdir()):
        time.sleep(0.005)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), drains="drain" in sys.argv[4:])
