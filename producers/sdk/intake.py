"""Where callers leave their lines: numbered, in batches, within the memory that there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from contract.errors import InvalidEvent, TransientError
from contract.events import MAX_LINE_BYTES
from contract.rules import Reason
from producers.sdk.clock import Clock
from producers.sdk.limits import MAX_RECORD_BYTES
from producers.sdk.numbering import numbered_line, stamp_of
from producers.sdk.receipts import LINE_OVERHEAD, Batch, ManyReceipt, Receipt, failed_receipt
from producers.sdk.settings import ProducerSettings

_DIGITS = 20  # of a number, at most
_LEAST_BATCHES = 8  # that fit into memory
_RECORD_OVERHEAD = 64  # where a line must be wrapped to go alone
_LONGEST = MAX_LINE_BYTES + 1  # with the newline
_LONGEST_KEY = 256  # Kinesis API reference, PutRecords: characters of a partition key, at least 1
_MOST_AT_ONCE = 64 * 1024 * 1024  # bytes of one batch, which a spool writes as one frame


class Intake:
    """For any number of threads. Each takes the lock for moments; `on_batch` is told of a batch begun or full."""

    def __init__(
        self, producer_id: str, settings: ProducerSettings, clock: Clock, *, on_batch: Callable[[], None]
    ) -> None:
        self._stamp = stamp_of(producer_id)
        self._per_line = len(self._stamp) + LINE_OVERHEAD
        self._longest = _LONGEST - len(self._stamp) - _DIGITS  # of a line that fits, whatever its number
        self._settings = settings
        self._batch_bytes = min(settings.batch_bytes, settings.memory_bytes // _LEAST_BATCHES)
        self._last_place = settings.batch_events - 1
        self._clock = clock
        self._on_batch = on_batch
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)  # something was released, settled or shut
        self._open: Batch | None = None
        self._full: list[Batch] = []
        self._batches = 0
        self._last = 0  # number in a closed batch
        self._settled = 0  # all batches up to this one were delivered or given up
        self._is_shut = False
        self.is_ended = False
        self.held = 0
        """Bytes of closed batches and of what came another way."""
        self.dropped = 0

    def add(self, key: str, line: bytes) -> Receipt:
        """Take a line without producer fields, which are written into it."""
        # Hundreds of thousands a second pass here: no call that is not needed.
        if line[-2:] != b"}\n":
            raise ValueError("a line is one JSON object and its newline")
        if not 0 < len(key) <= _LONGEST_KEY:
            raise _no_key(key)
        of_key = len(key) if key.isascii() else len(key.encode())
        with self._lock:
            batch = self._open
            if batch is None:
                try:
                    batch = self._begun()
                except _Dropped as dropped:
                    return failed_receipt(line, dropped.why)
            size = len(line)
            if size > self._longest:
                self._refuse_too_long(line, batch.last + 1)
            lines = batch.given
            place = len(lines)
            lines.append(line)
            batch.given_keys.append(key)
            batch.size = size = batch.size + size + of_key + self._per_line
            if size >= self._batch_bytes or place >= self._last_place:
                self._full_now()
        return Receipt(batch, place, line)

    def add_many(self, lines: Sequence[tuple[str, bytes]]) -> Receipt:
        """The same for many, of which all are taken or none: they are one batch's."""
        if not lines:
            raise ValueError("no lines")
        if any(line[-2:] != b"}\n" for _, line in lines):
            raise ValueError("a line is one JSON object and its newline")
        keys, given = [key for key, _ in lines], [line for _, line in lines]
        size = sum(map(_size_of_key, keys)) + sum(map(len, given))
        most = min(_MOST_AT_ONCE, self._settings.memory_bytes)
        if size > most:
            raise ValueError(f"{len(lines)} lines of {size} bytes with their keys; send at most {most} bytes at once")
        longest = max(map(len, given))
        with self._lock:
            try:
                batch = self._open or self._begun()
            except _Dropped as dropped:
                return failed_receipt(b"".join(given), dropped.why)
            if longest > self._longest:
                for number, line in enumerate(given, batch.last + 1):
                    self._refuse_too_long(line, number)
            place = self._add(batch, keys, given, size)
        return ManyReceipt(batch, place, b"", given)

    def add_foreign(self, key: str, line: bytes) -> Receipt:
        """Take a line as it is; it takes no number."""
        of_key = _size_of_key(key)
        if 2 * of_key + len(line) > MAX_RECORD_BYTES - _RECORD_OVERHEAD:
            raise ValueError(f"a line of {len(line)} bytes; the stream takes {MAX_RECORD_BYTES} with its key: split it")
        with self._lock:
            try:
                batch = self._open or self._begun()
            except _Dropped as dropped:
                return failed_receipt(line, dropped.why)
            batch.foreign.append(len(batch.given))
            place = self._add(batch, [key], [line], of_key + len(line))
        return Receipt(batch, place, line)

    def _refuse_too_long(self, line: bytes, number: int) -> None:
        if len(numbered_line(line, self._stamp, number)) > _LONGEST:
            raise InvalidEvent(Reason.TOO_LARGE, "line.size", line)

    @property
    def number(self) -> int:
        """The last number given."""
        with self._lock:
            return self._last if self._open is None else self._open.last

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
        """Whether all up to this batch were delivered or given up, within so many seconds and before the end."""
        with self._lock:
            self._moved.wait_for(lambda: self._settled >= batch or self.is_ended, seconds)
            return self._settled >= batch

    def shut(self) -> None:
        """Take nothing more; whoever is blocked is told."""
        with self._lock:
            self._is_shut = True
            if self._open is not None:
                self._close()
            self._moved.notify_all()

    def end(self) -> None:
        """Nobody delivers any more; whoever waits for it is told."""
        with self._lock:
            self.is_ended = True
            self._moved.notify_all()

    # --- the lock is held -----------------------------------------------------------------------------------------

    def _begun(self) -> Batch:
        self._wait_for_room()
        if self._open is None:  # or another thread has begun one meanwhile
            self._on_batch()  # or raises
            self._open = Batch(self._clock.monotonic(), first=self._last + 1, stamp=self._stamp)
        return self._open

    def _wait_for_room(self) -> None:
        """Raises where nothing is taken. While it waits, the lock is free."""
        most = self._settings.memory_bytes
        if not self._is_shut and self.held >= most and self._settings.overflow == "block":
            self._moved.wait_for(lambda: self.held < most or self._is_shut)
        if self._is_shut:
            raise ValueError("this producer is closed; open a new one, with a new producer_id")
        if self.held < most:
            return
        why = TransientError(f"{self.held} bytes wait for the stream, of {most}; the event was not taken")
        if self._settings.overflow == "raise":
            raise why
        self.dropped += 1
        raise _Dropped(why)

    def _add(self, batch: Batch, keys: list[str], lines: list[bytes], size: int) -> int:
        place = len(batch.given)
        batch.given_keys += keys
        batch.given += lines
        batch.size += size + self._per_line * len(lines)
        if batch.size >= self._batch_bytes or len(batch.given) > self._last_place:
            self._full_now()
        return place

    def _full_now(self) -> None:
        self._close()
        self._on_batch()

    def _close(self) -> None:
        batch = self._open
        assert batch is not None  # noqa: S101 - whoever closes it looked
        if batch.given:  # or the line for which it was begun was refused
            self._take_as_full(batch)
        self._open = None

    def _take_as_full(self, batch: Batch) -> None:
        batch.close(self._batches + 1)  # first: where memory is out the batch stays open, and its lines are kept
        self._batches += 1
        self._last = batch.last
        self.held += batch.size
        self._full.append(batch)


class _Dropped(Exception):
    def __init__(self, why: TransientError) -> None:
        self.why = why


def _size_of_key(key: str) -> int:
    if not 0 < len(key) <= _LONGEST_KEY:
        raise _no_key(key)
    return len(key.encode())


def _no_key(key: str) -> ValueError:
    return ValueError(f"a partition key of {len(key)} characters; Kinesis takes 1 to {_LONGEST_KEY}")
