"""Frames into one segment after another, as durable as was promised."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from producers.sdk.spool.cursor import Position
from producers.sdk.spool.frames import HEAD_BYTES, Frame
from producers.sdk.spool.held import Held
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.segments import HEADER_BYTES, SALT_BYTES, OpenSegment, Segment
from producers.sdk.spool.settings import SpoolSettings


class Writer:
    """Has at most one segment open. Raises OSError where the disk refuses, and nothing of that frame stays."""

    def __init__(self, directory: Path, held: Held, settings: SpoolSettings, machine: Machine) -> None:
        self._directory = directory
        self._held = held
        self._settings = settings
        self._machine = machine
        self._busy = threading.Lock()  # held while the disk is at work
        self._open: OpenSegment | None = None
        self._is_dirty = False
        self._trouble: OSError | None = None
        self._closed = threading.Event()
        self._syncer: threading.Thread | None = None

    def append(self, frame: Frame, body: bytes) -> Position:
        """Write the frame behind the others."""
        with self._busy:
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            target = self._target(HEAD_BYTES + len(body))
            end = target.append(body, sync=self._settings.sync_seconds is None)
            self._is_dirty = self._settings.sync_seconds is not None
            return self._held.grew(target.segment, end, frame, self._machine.clock.monotonic())

    def close(self) -> None:
        """Raises OSError where what was written last cannot be synced."""
        self._closed.set()
        with self._busy:
            self._leave()

    def _target(self, size: int) -> OpenSegment:
        current = self._open
        if current is not None and current.is_sound:
            is_empty = current.size == HEADER_BYTES
            if is_empty or current.size + size <= self._settings.segment_bytes:
                return current
        self._leave()
        number = self._held.next_number()
        segment = Segment.named(self._directory, number, self._machine.entropy(SALT_BYTES))
        self._open = OpenSegment(segment, self._held.counts, self._machine.files)
        self._held.begun(segment)
        if current is not None and current.size == HEADER_BYTES:
            self._drop(current.segment)  # the disk refused its first frame, as it may do again and again
        self._start_syncer()
        return self._open

    def _drop(self, segment: Segment) -> None:
        self._held.dropped(segment)
        with contextlib.suppress(OSError):
            segment.path.unlink()

    def _leave(self) -> None:
        leaving, self._open = self._open, None
        if leaving is None:
            return
        try:
            if self._is_dirty and leaving.is_sound:
                leaving.sync()
        finally:
            self._is_dirty = False
            leaving.close()

    def _start_syncer(self) -> None:
        if self._settings.sync_seconds is not None and self._syncer is None:
            self._syncer = threading.Thread(target=self._sync_often, name="spool-sync", daemon=True)
            self._syncer.start()

    def _sync_often(self) -> None:
        while not self._closed.wait(self._settings.sync_seconds):
            with self._busy:
                try:
                    if self._is_dirty and self._open is not None and self._open.is_sound:
                        self._is_dirty = False
                        self._open.sync()
                except OSError as error:
                    self._trouble = error  # the next append says so
