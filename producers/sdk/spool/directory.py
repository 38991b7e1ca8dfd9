"""Where all producers of a machine have their spools, and where those of dead ones are found."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from contract.errors import ConfigurationError, TransientError
from contract.events import EVENT
from contract.times import epoch_ms
from producers.sdk.spool.damage import FOLDER
from producers.sdk.spool.locks import Lock, alone
from producers.sdk.spool.machine import Machine
from producers.sdk.spool.recovery import NOTHING, Recovered, recover
from producers.sdk.spool.settings import MIB, SpoolSettings
from producers.sdk.spool.spool import Spool

LOCK = "lock"
LOCK_OF_ROOT = "~lock"  # no producer_id
_RESERVED = frozenset({".", "..", FOLDER})
_is_producer_id = re.compile(EVENT.field("producer_id").pattern).fullmatch


class SpoolDirectory:
    """Any number of processes may share a root; each producer has a folder of its own in it."""

    def __init__(
        self,
        root: Path,
        *,
        max_bytes: int = 1024 * MIB,
        segment_bytes: int = 16 * MIB,
        fsync: str | float = "batch",
        machine: Machine | None = None,
    ) -> None:
        """As `SpoolSettings`. Raises `ConfigurationError`, also where the root cannot be made or written.

        `left` says of dead producers' spools that could not be read why, since they were last tried.
        """
        self.root = root
        self._settings = SpoolSettings(max_bytes=max_bytes, segment_bytes=segment_bytes, fsync=fsync)
        self._machine = machine or Machine()
        self.left: dict[str, str] = {}
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with alone(root / LOCK_OF_ROOT):
                self._machine.files.sync_directory(root.parent)
        except OSError as error:
            raise ConfigurationError(f"no spool can be kept in {root}: {error}") from error

    def open(self, producer_id: str) -> Spool:
        """A new spool for a new producer.

        Raises `ConfigurationError` where the id was used before, `TransientError` where the disk refuses.
        """
        if not _can_name_a_spool(producer_id):
            raise ConfigurationError(f"producer_id {producer_id!r} cannot name a spool")
        directory = self.root / producer_id
        try:
            with alone(self.root / LOCK_OF_ROOT):
                directory.mkdir(mode=0o700)
                lock = self._first_lock(directory)
        except FileExistsError:
            raise ConfigurationError(f"{directory} is there already: a producer takes a new producer_id") from None
        except OSError as error:
            raise TransientError(f"no spool can be made in {self.root}: {error}") from error
        assert lock is not None  # noqa: S101 - the folder is new, and nobody looks into it meanwhile
        return self._spool(directory, NOTHING, lock)

    def adopt(self, most: int = 100) -> list[Spool]:
        """Up to so many spools of dead producers, from now on the caller's; another process gets none of them.

        Each is to be read to its `last`, closed with a final checkpoint, and removed. One that cannot be read for
        now is left for the next time.
        """
        self._sweep()
        adopted: list[Spool] = []
        folders = folders_in(self.root)
        self.left = {name: why for name, why in self.left.items() if self.root / name in folders}
        for directory in folders:
            if len(adopted) < most and (spool := self.take(directory.name)) is not None:
                adopted.append(spool)
        return adopted

    def take(self, producer_id: str) -> Spool | None:
        """A dead producer's spool, from now on the caller's; None where a process has it, or it cannot be read."""
        directory = self.root / producer_id
        try:
            with alone(self.root / LOCK_OF_ROOT):
                lock = Lock.take(directory / LOCK)
        except FileNotFoundError:  # it was removed meanwhile
            return None
        except OSError as error:
            self.left[directory.name] = str(error)
            return None
        if lock is None:
            return None
        try:
            recovered = recover(directory, now_ms=epoch_ms(self._machine.clock.now()))
        except OSError as error:
            self.left[directory.name] = str(error)
            lock.close()
            return None
        self.left.pop(directory.name, None)
        return self._spool(directory, recovered, lock)

    def _first_lock(self, directory: Path) -> Lock | None:
        try:
            self._machine.files.sync_directory(self.root)
            return Lock.take(directory / LOCK)
        except OSError:
            shutil.rmtree(directory, ignore_errors=True)  # the producer may try again, with the same id
            raise

    def _sweep(self) -> None:
        # What a process left that died while it removed a spool.
        for path in self.root.glob("~*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)

    def _spool(self, directory: Path, recovered: Recovered, lock: Lock) -> Spool:
        return Spool(directory, recovered, lock=lock, settings=self._settings, machine=self._machine)


def folders_in(root: Path) -> list[Path]:
    """Those of all producers, dead and alive."""
    return sorted(path for path in root.iterdir() if _can_name_a_spool(path.name) and path.is_dir())


def _can_name_a_spool(producer_id: str) -> bool:
    return bool(_is_producer_id(producer_id)) and producer_id not in _RESERVED
