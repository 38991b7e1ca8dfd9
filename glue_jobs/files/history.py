"""What was published before, and so what a run has to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contract.errors import ConfigurationError
from contract.manifest import FULL, INCREMENTAL, Manifest, Source, decode_manifest, ready_prefix
from contract.times import parse_instant
from glue_jobs.store import Store

AUTO = "auto"
MODES = (AUTO, "full", "incremental")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`auto`: FULL once in `full_every`, INCREMENTAL in between. `reprocess`: FULL, whether or not there is news."""

    mode: str = AUTO
    full_every: timedelta = timedelta(hours=24)
    reprocess: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigurationError(f"--mode is one of {', '.join(MODES)}, not {self.mode!r}")


@dataclass(frozen=True, slots=True)
class History:
    """All publications of a dataset, in order."""

    manifests: tuple[Manifest, ...] = ()
    start: int = 0  # publications before this one no longer count

    @property
    def next_number(self) -> int:
        return self.manifests[-1].number + 1 if self.manifests else 1

    @property
    def last(self) -> Manifest | None:
        return self.manifests[-1] if self.manifests else None

    @property
    def current(self) -> tuple[Manifest, ...]:
        """The last FULL publication and the INCREMENTAL ones since: together, the dataset."""
        counting = self.manifests[self.start :]
        fulls = [at for at, manifest in enumerate(counting) if manifest.mode == FULL]
        return counting[fulls[-1] :] if fulls else ()

    @property
    def covers(self) -> int:
        """The newest entry of the events job whose rows are in the dataset."""
        return self.current[-1].covers if self.current else 0

    @property
    def last_profile(self) -> dict[str, Any] | None:
        """What the last FULL publication was like, to hold the next one against."""
        return self.current[0].profile if self.current else None

    @property
    def sources(self) -> frozenset[Source]:
        """What the dataset was made from."""
        return frozenset(source for manifest in self.current for source in manifest.sources)

    def of_what_is_there(self, store: Store) -> History:
        """This history; with no dataset, but its numbers used, where files are no longer as they were put."""
        return self if self._is_there(store) else replace(self, start=len(self.manifests))

    def _is_there(self, store: Store) -> bool:
        return all(
            {(o.key, o.etag) for o in store.list(manifest.prefix)} == {(f.key, f.etag) for f in manifest.files}
            for manifest in self.current
        )


def read_history(store: Store, dataset: str) -> History:
    return History(tuple(decode_manifest(store.read(found.key)) for found in store.list(ready_prefix(dataset))))


def mode_of(asked: Asked, history: History, *, now: datetime, news: bool, can_add: bool) -> str | None:
    """FULL, INCREMENTAL, or None where nothing is to be done.

    `news`: there is input that the last publication does not have. `can_add`: it only adds to it. Raises
    ConfigurationError for an INCREMENTAL that is asked for and cannot be.
    """
    if asked.reprocess or not history.current:
        return FULL
    if asked.mode == "incremental":
        if news and not can_add:
            raise ConfigurationError("--mode incremental: objects were read anew, which takes --mode full")
        return INCREMENTAL if news else None
    is_due = now - parse_instant(history.current[0].finished_at) >= asked.full_every
    if asked.mode == "full" or is_due:
        return FULL if news or len(history.current) > 1 else None
    if not news:
        return None
    return INCREMENTAL if can_add else FULL
