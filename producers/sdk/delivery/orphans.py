"""What dead processes left in the spool directory: adopted, delivered, ended with the final checkpoint, removed."""

from __future__ import annotations

from functools import partial
from math import inf

from contract.errors import TransientError
from producers.sdk.around import Around
from producers.sdk.delivery.outbox import Outbox, Sending
from producers.sdk.delivery.source import Source
from producers.sdk.intake import Intake
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.spool.ending import last_checkpoints
from producers.sdk.troubles import Troubles

_LOOK_EVERY = 30.0  # seconds
_AT_ONCE = 10


class Orphans:
    """The committer's thread calls it; each process gets other orphans."""

    def __init__(self, directory: SpoolDirectory, outbox: Outbox, intake: Intake, around: Around) -> None:
        self._directory = directory
        self._outbox = outbox
        self._intake = intake
        self._clock = around.clock
        self._bell = around.bell
        self._troubles = around.troubles
        self._sources: list[Source] = []
        self._ending: dict[str, int] = {}  # producer_id -> its last checkpoints under way
        self._is_full = False
        self._troubles_of: dict[str, Troubles] = {}  # by producer_id
        self.due_at = 0.0
        """When to look for more."""

    def work(self, now: float, *, room: int) -> bool:
        """Look for orphans where it is time, and pass on what of them fits; whether there may be more at once."""
        if now >= self.due_at:
            self._look(now)
        is_busy = False
        for source in list(self._sources):
            held = sum(one.held for one in self._sources)
            is_busy |= self._read(source, room - held)
            source.account(self._intake)
            source.forget()
            if source.is_delivered:
                self._end(source)
        return is_busy

    def _read(self, source: Source, room: int) -> bool:
        producer_id = source.spool.producer_id
        try:
            found = source.read(room)
        except TransientError as error:
            self._of(producer_id).began("orphan_unreadable", producer_id=producer_id, reason=str(error))
            return False
        self._of(producer_id).ended("orphan_unreadable")
        source.name_damage(self._troubles.log)
        return found

    def leave(self) -> None:
        """Let others have what is left."""
        for source in self._sources:
            source.forget()
            source.spool.close()
        self._sources = []

    def _look(self, now: float) -> None:
        # One at a time: it is read whole, and batches that are to be written wait for that.
        self._is_full = len(self._sources) >= _AT_ONCE
        is_one_more = not self._is_full and self._adopt()
        self.due_at = now if is_one_more else now + _LOOK_EVERY

    def _adopt(self) -> bool:
        try:
            found = self._directory.adopt(1)
        except (TransientError, OSError) as error:
            self._troubles.began("adoption_fails", reason=str(error))
            return False
        self._troubles.ended("adoption_fails")
        self._name_left()
        for spool in found:
            source = Source(spool, self._outbox, on_done=self._bell.ring)
            self._sources.append(source)
            depth = spool.depth()
            damaged = len(spool.damaged())
            self._troubles.log.info(
                "orphan_adopted",
                producer_id=spool.producer_id,
                frames=depth.frames,
                bytes=depth.bytes,
                damaged=damaged,
            )
            source.name_damage(self._troubles.log)
        return bool(found)

    def _name_left(self) -> None:
        left = self._directory.left
        for producer_id, reason in left.items():
            self._of(producer_id).began("orphan_left", producer_id=producer_id, reason=reason)
        for producer_id in [one for one in self._troubles_of if one not in left]:
            self._of(producer_id).ended("orphan_left")

    def _of(self, producer_id: str) -> Troubles:
        # One that goes on and another's that is over would be told of in turns.
        return self._troubles_of.setdefault(producer_id, Troubles(self._troubles.log))

    def _end(self, source: Source) -> None:
        spool = source.spool
        left = self._ending.get(spool.producer_id)
        if left is None:
            lines = last_checkpoints(spool, self._clock.now())
            self._ending[spool.producer_id] = len(lines)
            for line in lines:
                done = partial(self._said, spool.producer_id)
                self._outbox.add(Sending([spool.producer_id.encode()], [line], deadline=inf, done=done))
        elif left == 0:
            spool.remove()
            self._sources.remove(source)
            if self._is_full:
                self.due_at = 0.0
            del self._ending[spool.producer_id]
            self._troubles_of.pop(spool.producer_id, None)
            self._troubles.log.info("orphan_delivered", producer_id=spool.producer_id)

    def _said(self, producer_id: str, _: Sending) -> None:
        if producer_id in self._ending:
            self._ending[producer_id] -= 1
        self._bell.ring()
