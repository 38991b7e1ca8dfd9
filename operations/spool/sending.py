"""Deliver what a dead producer left: every frame in order, then its last checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from producers.sdk.batches import BatchWriter
from producers.sdk.clock import Clock
from producers.sdk.spool.ending import last_checkpoints
from producers.sdk.spool.frames import Frame
from producers.sdk.spool.spool import Spool
from producers.sdk.stream import Record

_READ_BYTES = 4 * 1024 * 1024
_CHECKPOINT = b'{"checkpoint":'


@dataclass(frozen=True, slots=True)
class Sent:
    frames: int = 0
    lines: int = 0

    def and_frame(self, frame: Frame) -> Sent:
        return Sent(self.frames + 1, self.lines + len(frame.entries))


def send_spool(spool: Spool, writer: BatchWriter, clock: Clock, progress: Callable[[Sent], None]) -> Sent:
    """Everything to the stream, then the spool is gone.

    Raises `TransientError` when the stream takes nothing for now: what was not delivered is still in the spool.
    """
    sent = Sent()
    while read := spool.read(None, _READ_BYTES):
        for _, frame in read:
            _add(frame, writer)
            sent = sent.and_frame(frame)
        writer.flush()
        spool.forget(read[-1][0])
        progress(sent)
    for line in last_checkpoints(spool, clock.now()):
        writer.add(Record(spool.producer_id, line))
    writer.flush()
    spool.remove()
    return sent


def _add(frame: Frame, writer: BatchWriter) -> None:
    for key, line in frame.entries:
        if line.startswith(_CHECKPOINT):
            writer.flush()  # a checkpoint that overtook its events would name them lost
        writer.add(Record(key, line))
