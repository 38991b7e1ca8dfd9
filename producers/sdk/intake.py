"""Where callers leave their lines: numbered, in batches, within the memory that there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from contract.errors import InvalidEvent, TransientError
from contract.events import MAX_LINE_BYTES
from contract.rules import Reason
from producers.sdk.clock import Clock
from producers.sdk.limits import MAX_RECORD_BYTES
from producers.sdk.receipts import Batch, ManyReceipt, Receipt, failed_receipt
from producers.sdk.settings import ProducerSettings

_LINE_OVERHEAD = 200  # of the objects around a line
_RECORD_OVERHEAD = 64  # where a line must be wrapped to go alone
_LONGEST = MAX_LINE_BYTES + 1  # with the newline


class Intake:
    """For any number of threads. Each takes the lock for moments; `on_batch` is told of a batch begun or full."""

    def __init__(
        self, producer_id: str, settings: ProducerSettings, clock: Clock, *, on_batch: Callable[[], None]
    ) -> None:
        self._stamp = f',"producer_id":"{producer_id}","producer_seq":'.encode()
        self._settings = settings
        self._clock = clock
        self._on_batch = on_batch
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)  # something was released, settled or shut
        self._open: Batch | None = None
        self._full: list[Batch] = []
        self._batches = 0
        self._in_batches = 0  # numbers given in closed batches
        self._settled = 0  # all batches up to this one were delivered or given up
        self._is_shut = False
        self.number = 0
        """The last number given."""
        self.held = 0
        """Bytes."""
        self.dropped = 0

    def add(self, key: str, line: bytes) -> Receipt:
        """Take a line without producer fields, which are written into it."""
        encoded = key.encode()
        if line[-2:] != b"}\n":
            raise ValueError("a line is one JSON object and its newline")
        with self._lock:
            if (self._is_shut or self.held >= self._settings.memory_bytes) and (refused := self._refused()):
                return failed_receipt(line, refused)
            number = self.number + 1
            stamped = b"%b%b%d}\n" % (line[:-2], self._stamp, number)
            if len(stamped) > _LONGEST:
                raise _too_long(line)
            batch = self._open or self._begun()
            batch.lines.append(stamped)
            batch.keys.append(encoded)
            place = len(batch.lines) - 1
            self.number = number
            self._hold(batch, len(stamped) + len(encoded) + _LINE_OVERHEAD)
        return Receipt(batch, place, stamped, number)

    def add_many(self, lines: Sequence[tuple[str, bytes]]) -> Receipt:
        """The same for many, of which all are taken or none: they are one batch's."""
        if not lines:
            raise ValueError("no lines")
        if any(line[-2:] != b"}\n" for _, line in lines):
            raise ValueError("a line is one JSON object and its newline")
        with self._lock:
            if (self._is_shut or self.held >= self._settings.memory_bytes) and (refused := self._refused()):
                return failed_receipt(b"".join(line for _, line in lines), refused)
            stamped = [b"%b%b%d}\n" % (ln[:-2], self._stamp, n) for n, (_, ln) in enumerate(lines, self.number + 1)]
            for line, (_, plain) in zip(stamped, lines, strict=True):
                if len(line) > _LONGEST:
                    raise _too_long(plain)
            batch = self._open or self._begun()
            place = len(batch.lines)
            keys = [key.encode() for key, _ in lines]
            batch.keys += keys
            batch.lines += stamped
            self.number = number = self.number + len(stamped)
            self._hold(batch, sum(map(len, stamped)) + sum(map(len, keys)) + _LINE_OVERHEAD * len(stamped))
        return ManyReceipt(batch, place, stamped, number)

    def add_foreign(self, key: str, line: bytes) -> Receipt:
        """Take a line as it is; it takes no number."""
        encoded = key.encode()
        if len(encoded) + len(line) > MAX_RECORD_BYTES - _RECORD_OVERHEAD - len(encoded):
            raise ValueError(f"a line of {len(line)} bytes; the stream takes {MAX_RECORD_BYTES} with its key: split it")
        with self._lock:
            if (self._is_shut or self.held >= self._settings.memory_bytes) and (refused := self._refused()):
                return failed_receipt(line, refused)
            batch = self._open or self._begun()
            place = len(batch.lines)
            batch.foreign.append(place)
            batch.lines.append(line)
            batch.keys.append(encoded)
            self._hold(batch, len(line) + len(encoded) + _LINE_OVERHEAD)
        return Receipt(batch, place, line, None)

    # --- for those who empty it -----------------------------------------------------------------------------------

    def take(self, now: float) -> list[Batch]:
        """The batches that wait no longer, in order."""
        with self._lock:
            if self._open is not None and now - self._open.opened_at >= self._settings.linger:
                self._close()
            taken, self._full = self._full, []
            return taken

    def due_at(self) -> float | None:
        """When the open batch waits no longer."""
        with self._lock:
            if self._full:
                return 0.0
            return None if self._open is None else self._open.opened_at + self._settings.linger

    def hold(self, size: int) -> None:
        """So many bytes are held that came another way."""
        with self._lock:
            self.held += size

    def release(self, size: int, settled: int = 0) -> None:
        """So many bytes are held no more. `settled`: all batches up to this one were delivered or given up."""
        with self._lock:
            self.held -= size
            self._settled = max(self._settled, settled)
            self._moved.notify_all()

    # --- for those who wait ---------------------------------------------------------------------------------------

    def hurry(self) -> int:
        """Let the open batch wait no longer; the number of the last one."""
        with self._lock:
            if self._open is not None:
                self._close()
        self._on_batch()
        return self._batches

    def wait_settled(self, batch: int, seconds: float | None) -> bool:
        """Whether all up to this batch were delivered or given up within so many seconds."""
        with self._lock:
            return self._moved.wait_for(lambda: self._settled >= batch, seconds)

    def shut(self) -> None:
        """Take nothing more; whoever is blocked is told."""
        with self._lock:
            self._is_shut = True
            self._moved.notify_all()

    # --- the lock is held -----------------------------------------------------------------------------------------

    def _refused(self) -> Exception | None:
        """Wait for room, or say or raise why nothing is taken."""
        most = self._settings.memory_bytes
        if not self._is_shut and self._settings.overflow == "block":
            self._moved.wait_for(lambda: self.held < most or self._is_shut)
        if self._is_shut:
            raise ValueError("this producer is closed; open a new one, with a new producer_id")
        if self.held < most:
            return None
        why = TransientError(f"{self.held} bytes wait for the stream, of {most}; the event was not taken")
        if self._settings.overflow == "raise":
            raise why
        self.dropped += 1
        return why

    def _begun(self) -> Batch:
        self._on_batch()  # or raises
        self._open = batch = Batch(self._clock.monotonic())
        return batch

    def _hold(self, batch: Batch, size: int) -> None:
        self.held += size
        batch.size += size
        if batch.size >= self._settings.batch_bytes or len(batch.lines) >= self._settings.batch_events:
            self._close()
            self._on_batch()

    def _close(self) -> None:
        batch = self._open
        assert batch is not None  # noqa: S101 - whoever closes it looked
        self._open = None
        self._batches += 1
        batch.number = self._batches
        batch.first, batch.last = self._in_batches + 1, self.number
        self._in_batches = self.number
        self._full.append(batch)


def _too_long(line: bytes) -> InvalidEvent:
    return InvalidEvent(Reason.TOO_LARGE, "line.size", line)
